import type { RegionHandle } from "../store/index.ts";
import { LANE_ARGUMENT, openLaneRegion } from "./lane.ts";
import type { Program } from "./program.ts";
import { durationText, textTable } from "./text-table.ts";

/** `lag` prints every reader of a lane: how far behind it is and what it has lost. */
export function register(program: Program): void {
  program
    .command("lag")
    .description(
      "print every reader of a lane: cursor, slots behind, slots lost, how it waits, age of its last look",
    )
    .argument(...LANE_ARGUMENT)
    .option("--json", "print one JSON object per reader")
    .action(async (lane: string | undefined, { json = false }: { json?: boolean }) => {
      const rows = await lagRows(await openLaneRegion(lane), Date.now() * 1000);
      process.stdout.write(json ? rows.map((row) => `${JSON.stringify(row)}\n`).join("") : lagText(rows));
    });
}

/** One reader, as `lag --json` prints it. */
interface LagRow {
  readonly name: string;
  readonly pid: number;
  readonly alive: boolean;
  readonly cursor: string;
  /** Slots committed and not yet read by it. */
  readonly lag: number;
  readonly lost: number;
  /** How it waits when there is nothing to read: timer, yield, spin, futex; null when it does not say. */
  readonly wait: string | null;
  /** What it reads: ring; journal = it is the lane's journal; lossless = both. */
  readonly role: string;
  /** A lossless reader that is behind what the ring holds, and reads the journal. */
  readonly catching_up: boolean;
  /** Since its last report, us; null before the first one. */
  readonly age: number | null;
}

async function lagRows({ region }: RegionHandle, now: number): Promise<LagRow[]> {
  const { HEAD_WORD, loadSequence, readReaders } = await import("../log/index.ts");
  const { processAlive } = await import("../store/index.ts");
  const readers = readReaders(region.readers);
  const head = loadSequence(region.control, HEAD_WORD);
  return readers.map(({ pid, name, cursor, lost, wait, role, catchingUp, lastPoll }) => ({
    name,
    pid,
    alive: processAlive(pid),
    cursor: String(cursor),
    lag: Math.max(0, head - cursor),
    lost,
    wait: wait === "" ? null : wait,
    role,
    catching_up: catchingUp,
    age: lastPoll === 0 ? null : Math.max(0, now - lastPoll),
  }));
}

function lagText(rows: readonly LagRow[]): string {
  if (rows.length === 0) return "no readers are listed\n";
  const names = ["reader", "reads", "pid", "state", "cursor", "lag", "lost", "waits", "last look"];
  const cells = rows.map(({ name, role, catching_up, pid, alive, cursor, lag, lost, wait, age }) => [
    name,
    role === "journal" ? "is the journal" : catching_up ? "journal" : "ring",
    pid,
    alive ? "alive" : "gone",
    cursor,
    lag,
    lost,
    wait ?? "?",
    age === null ? "never" : `${durationText(age)} ago`,
  ]);
  return `${textTable(names, cells)}\n`;
}
