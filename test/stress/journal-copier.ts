/**
 * Child process: the journal of a lane. argv: path of the region, journal's folder. Says "ready", waits for a line on stdin, copies until
 * the next line, says {"position", "durable", "holes"}.
 */
import * as readline from "node:readline";
import { JournalWriter, openRegion } from "../../src/store/index.ts";
import type { Hole } from "../../src/store/index.ts";

const [path = "", folder = ""] = process.argv.slice(2);
const lines = readline.createInterface(process.stdin);
const holes: Hole[] = [];
const state = { stopping: false };

process.stdout.write("ready\n");
lines.once("line", () => {
  lines.once("line", () => {
    state.stopping = true;
  });
  void copy();
});

async function copy(): Promise<void> {
  const options = { segmentBytes: 65_536, fsyncMs: 20, keepMs: 3_600_000 };
  const journal = new JournalWriter(folder, "main", { ...options, onHole: (hole) => holes.push(hole) });
  journal.attach(openRegion(path));
  process.stdout.write("attached\n");
  while (!state.stopping) if (journal.poll() < 64) await new Promise((wake) => setTimeout(wake, 1));
  await journal.close();
  process.stdout.write(
    `${JSON.stringify({ position: journal.position, durable: journal.durable, holes })}\n`,
    () => process.exit(0),
  );
}
