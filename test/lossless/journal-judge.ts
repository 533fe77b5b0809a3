import * as fs from "node:fs";
import { journalFolder, openLossless } from "../../src/store/index.ts";
import type { Hole } from "../../src/store/index.ts";
import type { Testimony } from "./witness.ts";

/** What a journal holds, against what the witness saw. */
export interface JournalVerdict {
  readonly first: number;
  readonly end: number;
  readonly holes: readonly Hole[];
  /** Slots that are other bytes than the ring's; the first of them. */
  readonly wrong: number;
  readonly wrongAt: number | null;
}

const BATCH = 65_536;

/** Reads a lane's journal alone, from its oldest slot, and compares it byte for byte. */
export function judgeJournal(data: string, lane: string, testimonies: readonly Testimony[]): JournalVerdict {
  const files = testimonies.map(({ file, first, end }) => ({ fd: fs.openSync(file, "r"), first, end }));
  const bytes = Buffer.alloc(64);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, 16);
  const reader = openLossless({ journal: journalFolder(data, lane), region: null, from: "oldest" });
  const holes: Hole[] = [];
  reader.onHole = (hole) => void holes.push(hole);
  const first = reader.position;
  let [wrong, wrongAt]: [number, number | null] = [0, null];
  const compare = (i32: Int32Array, word: number, seq: number): boolean => {
    const part = files.findLast((one) => seq >= one.first && seq < one.end);
    if (part === undefined) return false;
    fs.readSync(part.fd, bytes, 0, 64, (seq - part.first) * 64);
    return words.every((one, i) => one === i32[word + i]);
  };
  const take: Parameters<typeof reader.poll>[0] = ({ i32 }, word, seq) => {
    if (compare(i32, word, seq)) return;
    wrong += 1;
    wrongAt ??= seq;
  };
  while (reader.poll(take, BATCH) > 0);
  const end = reader.position;
  reader.close();
  for (const { fd } of files) fs.closeSync(fd);
  return { first, end, holes, wrong, wrongAt };
}
