/**
 * What does one event of Binance Spot cost from bytes to slots, as SBE against the same event as JSON?
 *
 * The same events are written in both forms. Ours reads both, through the venue's own parsers into the same kind of ring;
 * the JSON form also with the scanner, and the plain way: JSON.parse and Number, into the same slots. All slots of all
 * ways are compared word by word before anything is timed (a spot quote has no time in JSON: that word apart).
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchOptions, Row } from "./harness.ts";
import type { Order, Rival } from "./streams/sbe-rows.ts";

const RIVALS: readonly Rival[] = ["parser", "scanner"];

export async function* bench(options: BenchOptions): AsyncIterable<Row> {
  for (const rival of RIVALS) yield* await ordered({ rival, options });
}

/** A process for each: V8 makes a parser for the memory it has seen, and a lane has either a scanner or none. */
function ordered(order: Order): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./streams/sbe-process.ts", import.meta.url)));
    const found: Row[] = [];
    child.on("message", (row: Row) => found.push(row));
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve(found);
      else reject(new Error(`expected rows against our ${order.rival}, saw their process end with ${code}`));
    });
    child.send(order);
  });
}
