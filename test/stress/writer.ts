/**
 * Child process: writes pattern slots to a lane. argv: dir lane slots seed. Says "ready", waits for a line on stdin,
 * says "epoch N", writes until `slots` have been committed in the region's life (0 = until killed), says "head N".
 */
import * as readline from "node:readline";
import { DepthWriter, RingWriter, TopWriter } from "../../src/log/index.ts";
import { putNumber, REASON, VALIDITY } from "../../src/model/index.ts";
import { createRegion } from "../../src/store/index.ts";
import { putEvent, seeded } from "./pattern.ts";

const [dir = "", lane = "", total = "0", seed = "1"] = process.argv.slice(2);
const until = Number(total) || Infinity;

process.stdout.write("ready\n");
readline.createInterface(process.stdin).once("line", () => {
  hammer();
  process.exit(0);
});

function hammer(): void {
  const { region } = createRegion({ dir, lane });
  const ring = new RingWriter(region.control, region.slots);
  const top = new TopWriter(region.top);
  const depth = new DepthWriter(region.depth);
  const random = seeded(Number(seed));
  process.stdout.write(`epoch ${ring.epoch}\n`);
  while (ring.head < until) {
    const events = 1 + Math.floor(random() * 16);
    const head = ring.head;
    for (let i = 0; i < events; i++) putEvent(ring, head, random() < 0.8 ? 1 : 1 + Math.floor(random() * 60));
    if (random() < 0.05) ring.rewind(0);
    ring.commit();
    if (random() < 0.1) tables(top, depth, ring.head);
    if (random() < 0.0005) pause(random() * 3);
  }
  process.stdout.write(`head ${ring.head}\n`);
}

/** Rows in which every number says the same. */
function tables(top: TopWriter, depth: DepthWriter, head: number): void {
  top.num.fill(head);
  putNumber(head, top.long, 6);
  top.write(0, VALIDITY.LIVE, REASON.NONE, 1);
  depth.bids.fill(head);
  depth.asks.fill(head);
  putNumber(head, depth.long, 6);
  depth.write(0, VALIDITY.LIVE, REASON.NONE, 1, 50, 50);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
