import { closeSync, existsSync, openSync, readSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { TapeError, openTape } from "../../store/index.ts";
import type { Tape, TapeSession } from "../../store/index.ts";
import { readAbout } from "./about.ts";

const MAGIC = "FHTAPE";

/** Whether a path leads to a tape rather than to a file of frames: a folder, or a file that begins as one. */
export function leadsToTape(path: string): boolean {
  if (path === "-") return false;
  if (statSync(path).isDirectory()) return true;
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(MAGIC.length);
    readSync(file, head, 0, head.length, 0);
    return head.toString("latin1") === MAGIC;
  } finally {
    closeSync(file);
  }
}

/** The folder of a tape: the path itself, or below a data folder that of its only lane, or of the lane that is named. */
export function tapeFolderOf(path: string, lane?: string): string {
  const below = join(path, "tape");
  if (!existsSync(below)) return path;
  const lanes = readdirSync(below).toSorted();
  if (lane !== undefined && lanes.includes(lane)) return join(below, lane);
  if (lane === undefined && lanes.length === 1) return join(below, lanes[0]!);
  throw new TapeError(
    path,
    `expected the tape of one lane, saw those of ${lanes.join(", ") || "none"}; name its folder (${join(below, lane ?? lanes[0] ?? "LANE")})`,
  );
}

/** Opens a tape and tells of files that are not used. */
export function openTold(path: string, tell: (line: string) => void): Tape {
  const tape = openTape(tapeFolderOf(path));
  for (const reason of tape.refused) tell(`not used: ${reason}`);
  return tape;
}

/** The session that was recording at `at` (UNIX us), or the last one; those before it are told of. */
export function sessionAt(tape: Tape, at: number | null, tell: (line: string) => void): TapeSession {
  const { sessions } = tape;
  const started = (one: TapeSession): number => Number(BigInt(one.name) / 1000n);
  const before = at === null ? sessions : sessions.filter((one) => started(one) <= at);
  const chosen = before.at(-1) ?? sessions[0]!;
  if (sessions.length > 1)
    tell(
      `${sessions.length} sessions on this tape, ${sessions.indexOf(chosen) + 1} is used (began ${timeText(started(chosen))}); --from names another: ` +
        sessions.map((one) => timeText(started(one))).join(", "),
    );
  return chosen;
}

/** UTC to the millisecond. */
export function timeText(us: number): string {
  return new Date(us / 1000).toISOString();
}

/** Which lane it was, for names; "" where the tape does not say. */
export function laneOf(session: TapeSession): string {
  return readAbout(session.about)?.lane ?? "";
}
