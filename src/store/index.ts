export { BoundedFile } from "./bounded-file.ts";
export { pinThread } from "./cores.ts";
export type { Doorbell } from "./doorbell.ts";
export { HourFiles } from "./hour-files.ts";
export * from "./region.ts";
export * from "./region-error.ts";
export { writeTextFile } from "./text-file.ts";
