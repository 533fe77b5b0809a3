/**
 * Child process: sleeps on the head of a region and reads what it is woken for. argv: path of the
 * region, row of the readers table for its cursor, ms of the longest sleep, slots to read. Says "ready", and in the end
 * {"seen", "torn", "lost", "naps"}.
 */
import { RingReader, READER_ROW, storeSequence } from "../../src/log/index.ts";
import { openRegion } from "../../src/store/index.ts";
import { isWhole, seeded } from "./pattern.ts";

const [path = "", row = "0", napMs = "0", slots = "0"] = process.argv.slice(2);
const { region, doorbell } = openRegion(path);
const reader = new RingReader(region.control, region.slots);
const cursor = (Number(row) * READER_ROW.size + READER_ROW.at.cursor) / 4;
let seen = 0;
let torn = 0;
let naps = 0;
const random = seeded(Number(row) + 1);
process.stdout.write("ready\n");

while (seen < Number(slots)) {
  const polled = reader.poll((views, word) => {
    seen += 1;
    if (!isWhole(views, word, reader.cursor)) torn += 1;
  });
  if (polled > 0) storeSequence(region.readers.i32, cursor, reader.cursor);
  else if (reader.rings && reader.announceSleep(region.sleeps)) {
    // between the announcement and the sleep is where a wake could be lost: half of the time that lasts longer
    if (random() < 0.5) for (let i = random() * 3000; i > 0; i--);
    doorbell!.sleep(reader.cursor | 0, Number(napMs));
    naps += 1;
  }
}
process.stdout.write(`${JSON.stringify({ seen, torn, lost: reader.lost, naps })}\n`);
