export * from "./event-reader.ts";
export * from "./event-writer.ts";
export * from "./layout.ts";
export * from "./ring-reader.ts";
export * from "./ring-writer.ts";
export * from "./sequence.ts";
export * from "./slot.ts";
export * from "./status.ts";
