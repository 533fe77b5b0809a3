export const PART_WAYS = ["thread", "process"] as const;
/** thread: of this process. process: of its own, which cannot take this one with it. */
export type PartWay = (typeof PART_WAYS)[number];
