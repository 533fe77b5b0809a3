export { ivSurface } from "./iv-surface.ts";
export type { IvSurfaceOptions } from "./iv-surface.ts";
export type { Emit, Heard, Made, Pipeline, TimeEvent, TopEvent } from "./pipeline.ts";
export { spotMid } from "./spot-mid.ts";
export type { SpotMidOptions } from "./spot-mid.ts";
export { Ticks } from "./ticks.ts";
