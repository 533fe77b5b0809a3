import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { RECORD, RecordCursor } from "./record.ts";
import { MIN_TAPE_RING, TapeRingReader, TapeRingWriter, tapeRing } from "./tape-ring.ts";
import { Slab } from "../../model/index.ts";

/** One record, as the lane tells it. */
type Told =
  | { kind: "bare"; type: number; id: number; detail: number }
  | { kind: "number"; type: number; value: number }
  | { kind: "clock"; mark: number; lo: number; hi: number }
  | { kind: "frame"; type: number; id: number; more: number; bytes: Uint8Array }
  | { kind: "bytes"; type: number; id: number; more: number; first: Uint8Array; second: Uint8Array };

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ minLength: 4000, maxLength: 9000 }),
);
const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({
    kind: fc.constant("bare" as const),
    type: fc.constantFrom(RECORD.TURN, RECORD.OPENED, RECORD.READ_END, RECORD.RESUME, RECORD.STOP),
    id: u32,
    detail: fc.integer({ min: 0, max: 0xffff }),
  }),
  fc.record({
    kind: fc.constant("number" as const),
    type: fc.constantFrom(RECORD.NOW, RECORD.REACHED),
    value: fc.double({ noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("clock" as const),
    mark: fc.double({ noNaN: true }),
    lo: fc.integer(),
    hi: fc.integer(),
  }),
  fc.record({
    kind: fc.constant("frame" as const),
    type: fc.constantFrom(RECORD.FRAME, RECORD.LARGE),
    id: u32,
    more: u32,
    bytes,
  }),
  fc.record({
    kind: fc.constant("bytes" as const),
    type: fc.constantFrom(RECORD.DIAL, RECORD.CLOSED, RECORD.SENT, RECORD.ANSWERED, RECORD.ORDER),
    id: u32,
    more: u32,
    first: bytes,
    second: bytes,
  }),
);

const slab = new Slab(1 << 14);
function write(ring: TapeRingWriter, one: Told): void {
  if (one.kind === "bare") ring.bare(one.type, one.id, one.detail);
  else if (one.kind === "number") ring.number(one.type, one.value);
  else if (one.kind === "clock") ring.clock(one.mark, one.lo, one.hi);
  else if (one.kind === "bytes") ring.bytes(one.type, one.id, one.more, one.first, one.second);
  else {
    slab.bytes.set(one.bytes, 3);
    ring.frame(one.type, one.id, one.more, slab.bytes, slab.view, 3, 3 + one.bytes.length);
  }
}

function read(cursor: RecordCursor, like: Told): unknown {
  const { kind: type, id, more } = cursor;
  if (like.kind === "bare") return { kind: "bare", type, id, detail: cursor.detail };
  if (like.kind === "number") return { kind: "number", type, value: cursor.f64() };
  if (like.kind === "clock") return { kind: "clock", mark: cursor.f64(), lo: cursor.lo(1), hi: cursor.hi(1) };
  const all = cursor.payload().slice();
  if (like.kind === "frame") return { kind: "frame", type, id, more, bytes: all };
  const cut = like.first.length;
  return { kind: "bytes", type, id, more, first: all.slice(0, cut), second: all.slice(cut) };
}

function drain(reader: TapeRingReader, limit: number, took: (cursor: RecordCursor) => void): void {
  while (reader.poll(limit)) {
    const cursor = new RecordCursor(reader.bytes, reader.start, reader.end);
    while (cursor.next()) took(cursor);
    reader.release();
  }
}

describe("ring of the tape", () => {
  it("gives every record as it was told, in order, over the end of the ring (property)", () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 120 }), fc.integer({ min: 1, max: 20_000 }), (all, limit) => {
        const memory = tapeRing(MIN_TAPE_RING);
        const [writer, reader] = [new TapeRingWriter(memory), new TapeRingReader(memory)];
        const seen: unknown[] = [];
        const waiting: Told[] = [];
        for (const one of all) {
          write(writer, one);
          waiting.push(one);
          if (reader.waiting > 20_000)
            drain(reader, limit, (cursor) => seen.push(read(cursor, waiting.shift()!)));
        }
        drain(reader, limit, (cursor) => seen.push(read(cursor, waiting.shift()!)));
        expect(seen).toEqual(all);
        expect(writer.lostRecords).toBe(0);
      }),
      { seed: 11, numRuns: 150 },
    );
  });

  it("never waits: what finds no room is counted, and a record says so before the next that does", () => {
    const memory = tapeRing(MIN_TAPE_RING);
    const [writer, reader] = [new TapeRingWriter(memory), new TapeRingReader(memory)];
    const frame = (length: number): void => {
      slab.bytes.fill(7, 0, length);
      writer.frame(RECORD.FRAME, 1, 0, slab.bytes, slab.view, 0, length);
    };
    writer.clock(5, 1234, 99);
    for (let i = 0; i < 80; i++) frame(1000);
    writer.bare(RECORD.READ_END, 1);
    frame(10);
    const kinds: number[] = [];
    const lost: number[][] = [];
    const took = (cursor: RecordCursor): void => {
      kinds.push(cursor.kind);
      if (cursor.kind === RECORD.LOST) lost.push([cursor.f64(), cursor.f64(1), cursor.lo(2), cursor.hi(2)]);
    };
    drain(reader, 1 << 20, took);
    frame(20);
    drain(reader, 1 << 20, took);
    const kept = kinds.indexOf(RECORD.LOST) - 1;
    expect(kept).toBeGreaterThan(50);
    expect(kinds.slice(1, 1 + kept)).toEqual(Array.from({ length: kept }, () => RECORD.FRAME));
    expect(kinds.slice(1 + kept)).toEqual([RECORD.LOST, RECORD.FRAME]);
    // The frames, what followed them, and one small frame while the ring was full.
    expect(lost).toEqual([[82 - kept, 81 - kept, 1234, 99]]);
    expect([writer.lostRecords, writer.lostFrames]).toEqual([82 - kept, 81 - kept]);
  });

  it("tells the end only when everything was read", () => {
    const memory = tapeRing(MIN_TAPE_RING);
    const [writer, reader] = [new TapeRingWriter(memory), new TapeRingReader(memory)];
    writer.bare(RECORD.STOP, 0);
    writer.end();
    expect(reader.ended).toBe(false);
    drain(reader, 1 << 20, () => undefined);
    expect(reader.ended).toBe(true);
    expect(() => tapeRing(1000)).toThrow(/expected a power of two from 65536/);
  });
});
