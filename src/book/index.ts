export * from "./checksum.ts";
export * from "./crc32.ts";
export * from "./dedup.ts";
export * from "./order-book.ts";
export * from "./pending-diffs.ts";
export * from "./sequencer.ts";
export * from "./side.ts";
export * from "./validity.ts";
