/**
 * Child process: reads pattern slots of a region from its first slot on. argv: path of the region, path of a file that holds the
 * number of the last slot once the writer is done. Prints {"seen", "lost", "torn"} and checks the tables meanwhile.
 */
import * as fs from "node:fs";
import { DepthReader, RingReader, TopReader } from "../../src/log/index.ts";
import { openRegion } from "../../src/store/index.ts";
import { isWhole } from "./pattern.ts";

const [path = "", done = ""] = process.argv.slice(2);
const { region } = openRegion(path);
const reader = new RingReader(region.control, region.slots);
const top = new TopReader(region.top);
const depth = new DepthReader(region.depth);
reader.seek(0);
let seen = 0;
let torn = 0;
let rows = 0;
let end = Infinity;
process.stdout.write("ready\n");

while (reader.cursor < end) {
  const polled = reader.poll((slots, word) => {
    seen += 1;
    if (!isWhole(slots, word, reader.cursor)) torn += 1;
  }, 4096);
  checkRows();
  if (polled === 0 && end === Infinity && fs.existsSync(done)) end = Number(fs.readFileSync(done, "utf8"));
}
process.stdout.write(`${JSON.stringify({ seen, lost: reader.lost, torn, rows: rows > 0 })}\n`);

function checkRows(): void {
  const row = top.read(0);
  if (row !== null && !(row.bidPrice === row.logSeq && row.askSize === row.logSeq)) torn += 1;
  const deep = depth.read(0);
  if (deep !== null && !deep.bids.concat(deep.asks).every(([p, s]) => p === deep.logSeq && s === p))
    torn += 1;
  if (row !== null && deep !== null) rows += 1;
}
