import { ScannerMemory } from "../feed/index.ts";
import type { SlabSource } from "../feed/index.ts";

/** wasm: frames are read by the scanner where it can; js: by the parsers alone; auto: wasm where it can be had. */
export const SCANNERS = ["auto", "wasm", "js"] as const;
export type ScannerChoice = (typeof SCANNERS)[number];

/**
 * Memory of the calling thread that frames are read into, with a scanner before the parsers; undefined, the heap, for
 * `js`. Where there is no scanner `wasm` throws Error and `auto` tells the reason through `warn`.
 */
export function slabsFor(
  choice: ScannerChoice,
  warn: (message: string, facts: { reason: string }) => void,
): SlabSource | undefined {
  if (choice === "js") return undefined;
  try {
    return new ScannerMemory();
  } catch (error) {
    if (choice === "wasm") throw error;
    warn("frames are read without the scanner, at half its speed", { reason: String(error) });
    return undefined;
  }
}
