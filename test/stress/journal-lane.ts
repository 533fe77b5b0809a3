/**
 * Child process: a lane with a journal, some thousand events a second. argv: dir of the region, journal's folder, capacity, ms of
 * the longest stall, seed. Says "ready", waits for a line on stdin, says "first N", writes until the next line, says "head N".
 */
import * as readline from "node:readline";
import { RingWriter } from "../../src/log/index.ts";
import { createRegion, laneStart } from "../../src/store/index.ts";
import { putEvent, seeded } from "./pattern.ts";

const [dir = "", folder = "", slots = "512", maxStallMs = "0", seed = "1"] = process.argv.slice(2);
const random = seeded(Number(seed));
const lines = readline.createInterface(process.stdin);

process.stdout.write("ready\n");
lines.once("line", () => {
  const start = laneStart(folder, Number(slots));
  const { region } = createRegion({ dir, lane: "main", start, maxStallMs: Number(maxStallMs) });
  process.stdout.write(`first ${region.first}\n`);
  const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
  const timer = setInterval(() => write(ring), 1);
  lines.once("line", () => {
    clearInterval(timer);
    process.stdout.write(`head ${ring.head}\n`, () => process.exit(0));
  });
});

function write(ring: RingWriter): void {
  for (let commits = 1 + random() * 8; commits > 0; commits--) {
    for (let events = 1 + random() * 5; events > 0; events--)
      putEvent(ring, ring.head, random() < 0.9 ? 1 : 1 + Math.floor(random() * 100));
    ring.commit();
  }
}
