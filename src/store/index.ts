export * from "./region.ts";
export * from "./region-error.ts";
