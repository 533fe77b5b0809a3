import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RECORD, RecordCursor } from "../../log/index.ts";
import { openTape, piecesOf } from "./tape-reader.ts";
import { MIN_TAPE_RING, TapeRingReader, TapeRingWriter, tapeRing } from "../../log/index.ts";
import { TapeWriter } from "./tape-writer.ts";
import { loadZstd } from "./zstd.ts";
import type { Zstd } from "./zstd.ts";
import { putMicros } from "../../model/index.ts";

const SESSION = { hi: 1, lo: 2 };
const START_US = 1_700_000_000_000_000;
let zstd: Zstd;
let dir: string;

beforeAll(async () => {
  zstd = await loadZstd();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tape-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const ring = tapeRing(MIN_TAPE_RING);
const lane = new TapeRingWriter(ring);
const thread = new TapeRingReader(ring);
const halves = new Int32Array(2);

/** A clock, a frame of some bytes, and how far the log is, as one run of records. */
function put(writer: TapeWriter, ms: number, frame: string, seq: number): void {
  putMicros(START_US + ms * 1000, halves, 0);
  const bytes = Buffer.alloc(Buffer.byteLength(frame) + 4);
  bytes.write(frame);
  lane.clock(ms, halves[0]!, halves[1]!);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  lane.frame(RECORD.FRAME, 3, 0, bytes, view, 0, bytes.length - 4);
  lane.number(RECORD.REACHED, seq);
  while (thread.poll(1 << 20)) {
    writer.append(thread.bytes, thread.start, thread.end);
    thread.release();
  }
}

function writerOf(options: { maxBytes?: number; segmentBytes?: number } = {}): TapeWriter {
  return new TapeWriter({
    dir,
    session: SESSION,
    maxBytes: options.maxBytes ?? 1 << 30,
    segmentBytes: options.segmentBytes ?? 1 << 30,
    zstd,
    describe: () => ({ lane: "main" }),
  });
}

/** One segment with six blocks, frames "frame 0" to "frame 5". */
function sixBlocks(close: boolean): string {
  const writer = writerOf();
  for (let i = 0; i < 6; i++) {
    put(writer, i * 10, `frame ${i} ${"x".repeat(100)}`, i);
    writer.flush();
  }
  if (close) writer.close();
  return join(dir, readdirSync(dir)[0]!);
}

/** Frames and holes in order. */
function all(path = dir): { read: string[]; refused: readonly string[] } {
  const tape = openTape(path);
  const read = tape.sessions.flatMap((session) =>
    [...piecesOf(session, zstd, () => true)].flatMap((piece) => {
      if (piece.type === "hole") return [piece.reason.replace(dir, "").replace(/\d{19}/, "N")];
      const cursor = new RecordCursor(piece.bytes);
      const frames: string[] = [];
      while (cursor.next()) if (cursor.kind === RECORD.FRAME) frames.push(cursor.text().slice(0, 7));
      return frames;
    }),
  );
  tape.close();
  return { read, refused: tape.refused };
}

const SIX = [0, 1, 2, 3, 4, 5].map((i) => `frame ${i}`);

describe("tape on disk", () => {
  it.each([true, false])("reads what was written (ended: %s), by index or without", (close) => {
    sixBlocks(close);
    expect(all()).toEqual({ read: SIX, refused: [] });
    const tape = openTape(dir);
    const [session] = tape.sessions;
    expect(session).toMatchObject({ name: "4294967298", whole: true, about: { lane: "main" } });
    const heads = session!.segments[0]!.list().map((one) => ("head" in one ? one.head : null));
    expect(heads.map((head) => [head!.records, head!.frames, head!.firstSeq, head!.lastSeq])).toEqual(
      SIX.map((_, i) => [3, 1, Math.max(0, i - 1), i]),
    );
    tape.close();
  });

  it("cuts a torn tail wherever it is torn, and keeps every block before it", () => {
    const path = sixBlocks(false);
    const whole = readFileSync(path);
    const tape = openTape(dir);
    const starts = tape.sessions[0]!.segments[0]!.list().map((one) => ("head" in one ? one.offset : 0));
    tape.close();
    for (let size = starts[3]!; size < whole.length; size += 9) {
      writeFileSync(path, whole.subarray(0, size));
      const kept = starts.filter((_, i) => (starts[i + 1] ?? whole.length) <= size).length;
      const { read } = all();
      expect(read.slice(0, kept)).toEqual(SIX.slice(0, kept));
      if (size === starts[kept]) expect(read).toHaveLength(kept);
      else expect(read.slice(kept)).toEqual([expect.stringMatching(/^\/N.fht: cut /)]);
    }
  });

  it("names a damaged block where it stands, and uses the rest", () => {
    const path = sixBlocks(true);
    const tape = openTape(dir);
    const third = tape.sessions[0]!.segments[0]!.list()[2]!;
    tape.close();
    const { offset } = third as { offset: number };
    const bytes = readFileSync(path);
    bytes[offset + 80]! ^= 1;
    writeFileSync(path, bytes);
    const damaged = ["frame 0", "frame 1", `/N.fht: the block at byte ${offset} is damaged`, ...SIX.slice(3)];
    expect(all().read).toEqual(damaged);
    bytes[offset + 8]! ^= 1;
    writeFileSync(path, bytes.subarray(0, -16));
    expect(all().read[2]).toMatch(new RegExp(`^/N.fht: no block at bytes ${offset} to `));
    expect(all().read.filter((one) => one.startsWith("frame"))).toEqual(SIX.filter((_, i) => i !== 2));
  });

  it("refuses foreign, older and damaged files by name, and uses the others", () => {
    const path = sixBlocks(true);
    writeFileSync(join(dir, "1.fht"), "PAR1 this is no tape".repeat(10));
    writeFileSync(join(dir, "2.fht"), "");
    copyFileSync(path, join(dir, "3.fht"));
    const version = readFileSync(path);
    version[70]! ^= 1;
    writeFileSync(join(dir, "4.fht"), version);
    rmSync(join(dir, "3.fht"));
    const { read, refused } = all();
    expect(read).toEqual(SIX);
    expect(refused.map((one) => one.replace(`${dir}/`, ""))).toEqual([
      '1.fht: expected a tape (it begins with "FHTAPE"), saw something else',
      '2.fht: expected a tape (it begins with "FHTAPE"), saw something else',
      "4.fht: its description is damaged, so nobody knows whose tape it is",
    ]);
    expect(() => openTape(join(dir, "1.fht"))).toThrow(/1.fht: expected a tape/);
  });

  it("rolls by size and by hour, and deletes the oldest segments beyond the budget", () => {
    const noise = Array.from({ length: 3000 }, (_, i) => Math.imul(i, 2654435761).toString(36)).join("");
    const writer = writerOf({ maxBytes: 80_000, segmentBytes: 20_000 });
    for (let i = 0; i < 12; i++) {
      put(writer, i, `frame ${i} ${noise}`, i);
      writer.flush();
    }
    put(writer, 3_600_000, "an hour later", 99);
    writer.close();
    const bytes = readdirSync(dir).reduce((sum, name) => sum + readFileSync(join(dir, name)).length, 0);
    expect(bytes).toBeLessThan(80_000);
    const tape = openTape(dir);
    expect(tape.sessions[0]!.whole).toBe(false);
    tape.close();
    const { read } = all();
    expect(read.slice(-2)).toEqual(["frame 1", "an hour"]);
  });

  it("names a segment that is missing among others", () => {
    const writer = writerOf({ segmentBytes: 1 });
    for (let i = 0; i < 3; i++) {
      put(writer, i, `frame ${i}`, i);
      writer.flush();
    }
    writer.close();
    rmSync(join(dir, readdirSync(dir).toSorted()[1]!));
    expect(all().read).toEqual(["frame 0", "/N.fht: expected part 1 of the session, saw 2", "frame 2"]);
  });

  it("says so when a segment ends before its description", () => {
    const path = sixBlocks(true);
    truncateSync(path, 70);
    expect(() => openTape(dir)).toThrow(/its description is damaged/);
  });

  it("packs and unpacks alike with the WebAssembly zstd, whatever Node has", async () => {
    const wasm = await loadZstd(false);
    const bytes = Buffer.from("the same frame again and again ".repeat(5000));
    const first = wasm.compress(bytes);
    const second = wasm.compress(Buffer.from("another"));
    expect(Buffer.from(zstd.decompress(first, bytes.length))).toEqual(bytes);
    expect(Buffer.from(wasm.decompress(second, 7)).toString()).toBe("another");
    expect(first.length).toBeLessThan(bytes.length / 100);
  });
});
