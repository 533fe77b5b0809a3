/** Seeded damage to frames, for parsers that must survive everything a wire can deliver. */

export type Random = () => number;

/** mulberry32: [0, 1), the same everywhere for the same seed. */
export function random(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "-",
  "+",
  ".",
  "e",
  "E",
  "0",
  "9",
  " ",
  "\n",
  "\0",
  "\u007f",
]
  .concat([
    "null",
    "true",
    "false",
    "NaN",
    "1e400",
    "-1",
    "1e-7",
    "00",
    "0.0",
    '""',
    "[]",
    "{}",
    "\\u0041",
    "é",
    "99999999999999999999",
  ])
  .map((piece) => new TextEncoder().encode(piece));

function below(next: Random, limit: number): number {
  return Math.floor(next() * limit);
}

function splice(frame: Uint8Array, at: number, drop: number, put: Uint8Array): Uint8Array {
  const rest = frame.subarray(Math.min(frame.length, at + drop));
  const out = new Uint8Array(at + put.length + rest.length);
  out.set(frame.subarray(0, at));
  out.set(put, at);
  out.set(rest, at + put.length);
  return out;
}

const NOTHING = new Uint8Array(0);

/** One change somewhere in `frame`; `other` lends bytes. */
function damage(next: Random, frame: Uint8Array, other: Uint8Array): Uint8Array {
  const at = below(next, frame.length);
  const span = 1 + below(next, 12);
  switch (below(next, 8)) {
    case 0:
      return splice(frame, at, 1, Uint8Array.of(frame[at]! ^ (1 << below(next, 8))));
    case 1:
      return splice(frame, at, 1, Uint8Array.of(below(next, 256)));
    case 2:
      return splice(frame, at, span, NOTHING);
    case 3:
      return splice(frame, at, 0, frame.subarray(at, at + span));
    case 4:
      return splice(frame, at, 0, PIECES[below(next, PIECES.length)]!);
    case 5:
      return splice(frame, at, span, PIECES[below(next, PIECES.length)]!);
    case 6:
      return frame.subarray(0, at);
    default:
      return splice(frame, at, frame.length, other.subarray(below(next, other.length)));
  }
}

/** A damaged copy of one of `frames`: one to three changes. */
export function mutant(next: Random, frames: readonly Uint8Array[]): Uint8Array {
  let frame = frames[below(next, frames.length)]!;
  const other = frames[below(next, frames.length)]!;
  for (let changes = 1 + below(next, 3); changes > 0 && frame.length > 0; changes--)
    frame = damage(next, frame, other);
  return frame;
}

/** Frames per parser: quick by default, 200,000 in CI, FUZZ=n on demand. */
export function fuzzCount(): number {
  const wanted = Number(process.env["FUZZ"] ?? 0);
  if (wanted > 0) return wanted;
  return process.env["CI"] ? 200_000 : 20_000;
}
