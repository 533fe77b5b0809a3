export { openLane, Lane } from "./lane.ts";
export type { Wait } from "../log/index.ts";
export type { FollowOptions, LaneOptions } from "./lane.ts";
export { depthLines, topLines } from "./rows.ts";
export type { DepthLine, TopLine } from "./rows.ts";
export type { CounterRow, DepthOfBook, InstrumentRow, TopOfBook } from "../log/index.ts";
export type { MarketEvent } from "../model/index.ts";
export { defaultDir, RegionError, regionPath } from "../store/index.ts";
