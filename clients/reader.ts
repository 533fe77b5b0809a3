/**
 * Follows a feedhorn lane: one JSON line per event on stdout, losses on stderr. The same program as c/reader.c and
 * python/feedhorn.py, and the same output.
 *
 *     npx tsx clients/reader.ts PATH [--from oldest|head] [--count N] [--top] [--depth]
 */
import { parseArgs } from "node:util";
import { depthLines, openLane, topLines } from "../src/client/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string", default: "head" },
    count: { type: "string" },
    top: { type: "boolean", default: false },
    depth: { type: "boolean", default: false },
  },
});

const lane = openLane(positionals[0]!, {
  from: values.from === "oldest" ? "oldest" : "head",
  name: "reader.ts",
});
const print = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

if (values.top) topLines(lane).forEach(print);
if (values.depth) depthLines(lane).forEach(print);
if (!values.top && !values.depth) await follow(values.count === undefined ? Infinity : Number(values.count));
lane.close();

async function follow(count: number): Promise<void> {
  let left = count;
  let lost = 0;
  let epoch = lane.epoch;
  if (left <= 0) return;
  for await (const event of lane.follow()) {
    if (lane.lost !== lost) process.stderr.write(`lost ${(lost = lane.lost)} slots\n`);
    if (lane.epoch !== epoch)
      process.stderr.write(`epoch ${(epoch = lane.epoch)}: the writer was restarted\n`);
    print(event);
    if (--left <= 0) return;
  }
}
