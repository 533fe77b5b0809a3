export { pinThread } from "./cores.ts";
export * from "./region.ts";
export * from "./region-error.ts";
