import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slab } from "../../model/index.ts";
import { FrameReader, LARGE, READER_SLAB, READ_AREA } from "./frame-reader.ts";
import { Inflater } from "./inflate.ts";

const MAX = 4 << 20;

function frame(first: number, body: Uint8Array): Buffer {
  const { length } = body;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  head[0] = first;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, body]);
}

/** So many bytes that tell which message they are of. */
function payload(seed: number, length: number): Buffer {
  return Buffer.alloc(length, `${seed} of ${length};`);
}

const told = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes.subarray(0, 24)).toString()} ${bytes.length}`;

/** A reader whose large messages are taken, unless `refuses`; they are kept and looked at when all is over. */
class Taking {
  readonly events: string[] = [];
  readonly kept: { slab: Slab; start: number; end: number; at: number }[] = [];
  readonly reader: FrameReader;
  refuses = false;
  readonly #work = new Slab(READER_SLAB);

  constructor(max = MAX) {
    const slab = this.#work;
    this.reader = new FrameReader(slab, max, {
      message: ({ bytes }, start, end) => this.events.push(told(bytes.subarray(start, end))),
      large: (large, start, end, work) => {
        expect(work).toBe(slab);
        if (this.refuses) return false;
        this.kept.push({ slab: large, start, end, at: this.events.push("") - 1 });
        return true;
      },
      ping: ({ bytes }, start, end) => this.events.push(`ping ${told(bytes.subarray(start, end))}`),
      pong: () => this.events.push("pong"),
      closed: (code) => this.events.push(`closed ${code}`),
      failed: (code, reason) => this.events.push(`failed ${code} ${reason}`),
    });
  }

  feed(bytes: Uint8Array, size = READ_AREA): void {
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, at + size);
      this.reader.area.set(part);
      this.reader.feed(part.length);
      // As whoever reads it in pieces does.
      if (this.reader.paused) this.#work.bytes.fill(0xff);
    }
  }

  /** All that was told, large messages in their places, as they are now. */
  get all(): string[] {
    for (const { slab, start, end, at } of this.kept)
      this.events[at] = `large ${told(slab.bytes.subarray(start, end))}`;
    return this.events;
  }
}

describe("a large message", () => {
  it("that is taken stays as it is; what comes behind it waits until it is told to go on", () => {
    const one = new Taking();
    one.feed(
      Buffer.concat([
        frame(0x81, payload(1, 10)),
        frame(0x82, payload(2, LARGE)),
        frame(0x81, payload(3, 10)),
      ]),
    );
    expect([one.events.length, one.reader.paused]).toEqual([2, true]);
    one.feed(
      Buffer.concat([frame(0x89, payload(4, 5)), frame(0x82, payload(5, LARGE + 7)).subarray(0, 900)]),
      100,
    );
    expect(one.events.length).toBe(2);
    one.reader.resume();
    one.feed(Buffer.concat([frame(0x82, payload(5, LARGE + 7)).subarray(900), frame(0x81, payload(6, 3))]));
    expect(one.reader.paused).toBe(true);
    one.reader.resume();
    expect(one.all).toEqual([
      told(payload(1, 10)),
      `large ${told(payload(2, LARGE))}`,
      told(payload(3, 10)),
      `ping ${told(payload(4, 5))}`,
      `large ${told(payload(5, LARGE + 7))}`,
      told(payload(6, 3)),
    ]);
  });

  it("that is not taken, or a byte smaller, is a message like all others", () => {
    const one = new Taking();
    one.feed(frame(0x82, payload(1, LARGE - 1)));
    one.refuses = true;
    one.feed(frame(0x82, payload(2, LARGE)));
    expect([one.all, one.reader.paused]).toEqual([
      [told(payload(1, LARGE - 1)), told(payload(2, LARGE))],
      false,
    ]);
  });

  it("is told once: the memory it came in is not used again", () => {
    const one = new Taking();
    for (const seed of [1, 2, 3]) {
      one.feed(frame(0x82, payload(seed, LARGE + seed)));
      one.reader.resume();
    }
    expect(one.all).toEqual([1, 2, 3].map((seed) => `large ${told(payload(seed, LARGE + seed))}`));
    expect(new Set(one.kept.map(({ slab }) => slab)).size).toBe(3);
  });

  it("that was compressed is a copy, as the next message needs the window of it", () => {
    const one = new Taking();
    one.reader.inflateWith(new Inflater(MAX, true));
    const [first, second] = [payload(1, LARGE + 1), payload(2, 40)];
    const tail = (bytes: Buffer, dictionary?: Buffer): Buffer =>
      deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, dictionary }).subarray(0, -4);
    one.feed(Buffer.concat([frame(0xc1, tail(first)), frame(0xc1, tail(second, first.subarray(-32_768)))]));
    expect(one.events.length).toBe(1);
    one.reader.resume();
    expect(one.all).toEqual([`large ${told(first)}`, told(second)]);
  });

  it("nothing follows it after `stop`, nor a failure", () => {
    const one = new Taking();
    one.feed(Buffer.concat([frame(0x82, payload(1, LARGE)), frame(0x81, payload(2, 3))]));
    one.reader.stop();
    one.reader.resume();
    expect(one.all.length).toBe(1);
  });

  it("what waits behind it is bounded", () => {
    const one = new Taking();
    one.feed(frame(0x82, payload(1, LARGE)));
    one.feed(frame(0x82, payload(2, 100_000)).subarray(0, 100_000), 1000);
    for (let i = 0; i < 12 && !one.all.at(-1)!.startsWith("failed"); i++) one.feed(payload(3, 100_000));
    expect(one.all.slice(1)).toEqual([
      `failed 1009 more than ${1 << 20} bytes came while reading was paused`,
    ]);
    one.reader.resume();
    expect(one.all.length).toBe(2);
  });

  it("changes nothing about what is told, however the stream is split and whenever reading goes on", () => {
    const lengths = fc.array(
      fc.oneof(fc.nat(300), fc.constantFrom(65_536, LARGE, LARGE + 1), fc.nat(70_000)),
      { minLength: 1, maxLength: 8 },
    );
    const goings = fc.array(fc.nat(6), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1000, max: READ_AREA }),
        goings,
        fc.nat(3),
        (all, size, waits, cut) => {
          const frames = all.map((length, i) =>
            i % 3 === cut && length > 2
              ? Buffer.concat([
                  frame(0x01, payload(i, length).subarray(0, 2)),
                  frame(0x80, payload(i, length).subarray(2)),
                ])
              : frame(0x82, payload(i, length)),
          );
          const bytes = Buffer.concat(frames);
          const [plain, taking] = [new Taking(), new Taking()];
          plain.refuses = true;
          plain.feed(bytes, size);
          let round = 0;
          for (let at = 0; at < bytes.length; at += size) {
            taking.feed(bytes.subarray(at, at + size), size);
            // After so many further reads; a socket would not be read at all meanwhile.
            if (taking.reader.paused && waits[round % waits.length]! <= round % 3) taking.reader.resume();
            round += 1;
            if (taking.reader.paused && round % 3 === 2) taking.reader.resume();
          }
          while (taking.reader.paused) taking.reader.resume();
          expect(taking.all.map((one) => one.replace("large ", ""))).toEqual(plain.all);
        },
      ),
      { seed: 23, numRuns: 60 },
    );
  });
});
