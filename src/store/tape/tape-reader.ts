import { statSync } from "node:fs";
import type { TapeBlockHead } from "../../log/index.ts";
import { Segment } from "./segment.ts";
import type { Found } from "./segment.ts";
import { TapeError } from "./tape-error.ts";
import { nanosOf, tapeFiles } from "./tape-writer.ts";
import type { Zstd } from "./zstd.ts";

/** The segments of one run of a lane, in order. */
export interface TapeSession {
  /** When the lane began, decimal UNIX ns. */
  readonly name: string;
  /** What the first of its segments says in front. */
  readonly about: unknown;
  /** False: its first segments are gone, so the lane cannot be run again from its beginning. */
  readonly whole: boolean;
  readonly segments: readonly Segment[];
}

/** A tape, open for reading: sessions in the order in which they were recorded. */
export interface Tape {
  readonly sessions: readonly TapeSession[];
  /** Files that are not used, each with its reason. */
  readonly refused: readonly string[];
  close(): void;
}

/** Records of a block, or a place where some are missing. */
export type TapePiece =
  | { readonly type: "records"; readonly head: TapeBlockHead; readonly bytes: Uint8Array }
  | { readonly type: "hole"; readonly reason: string };

/** A file or a folder of them. What is no tape is named in `refused`; throws TapeError when nothing else is there. */
export function openTape(path: string): Tape {
  const files = statSync(path).isDirectory() ? tapeFiles(path) : [path];
  const refused: string[] = [];
  const segments: Segment[] = [];
  for (const file of files) {
    try {
      segments.push(Segment.open(file));
    } catch (error) {
      if (!(error instanceof TapeError)) throw error;
      refused.push(error.message);
    }
  }
  if (segments.length === 0) {
    const why = refused.length > 0 ? refused.join("; ") : `${path}: expected a tape (*.fht), saw none`;
    throw new TapeError(path, why);
  }
  const close = (): void => segments.forEach((one) => one.close());
  return { sessions: sessionsOf(segments), refused, close };
}

function sessionsOf(segments: readonly Segment[]): TapeSession[] {
  const names = new Map<string, Segment[]>();
  for (const one of segments) {
    const name = nanosOf(one.head.session);
    names.set(name, [...(names.get(name) ?? []), one]);
  }
  return [...names].map(([name, all]) => {
    const sorted = all.toSorted((a, b) => a.head.part - b.head.part);
    return { name, about: sorted[0]!.about, whole: sorted[0]!.head.part === 0, segments: sorted };
  });
}

/** Everything that can be read of a session, in order; what is missing or damaged is named where it is. */
export function* piecesOf(
  session: TapeSession,
  zstd: Zstd,
  wanted: (head: TapeBlockHead) => boolean,
): Generator<TapePiece> {
  let part = session.segments[0]!.head.part;
  for (const segment of session.segments) {
    const { head } = segment;
    if (head.part !== part)
      yield {
        type: "hole",
        reason: `${segment.path}: expected part ${part} of the session, saw ${head.part}`,
      };
    part = head.part + 1;
    for (const found of segment.list()) yield* pieceOf(segment, found, zstd, wanted);
  }
}

function* pieceOf(
  segment: Segment,
  found: Found,
  zstd: Zstd,
  wanted: (head: TapeBlockHead) => boolean,
): Generator<TapePiece> {
  if ("damage" in found) {
    yield { type: "hole", reason: `${segment.path}: ${found.damage}` };
    return;
  }
  if (!wanted(found.head)) return;
  try {
    yield { type: "records", head: found.head, bytes: segment.read(found, zstd) };
  } catch (error) {
    if (!(error instanceof TapeError)) throw error;
    yield { type: "hole", reason: error.message };
  }
}
