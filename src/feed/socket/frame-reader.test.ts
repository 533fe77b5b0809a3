import { PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slab } from "../../model/index.ts";
import { Inflater } from "./inflate.ts";
import { FrameReader, HEADROOM, READER_SLAB, READ_AREA } from "./frame-reader.ts";

const MAX = 300_000;
/** FEEDHORN_LONG=50 makes the fuzz a million streams. */
const LONG = Number(process.env["FEEDHORN_LONG"] ?? 1);
const STREAMS = 20_000 * LONG;

/** What a reader found, with payloads as latin1 text. */
interface Found {
  reader: FrameReader;
  events: string[];
  /** Runs with every message before it is noted. */
  onMessage: () => void;
}

function recording(max = MAX): Found {
  const events: string[] = [];
  const text = (bytes: Uint8Array, start: number, end: number): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  const found: Found = {
    events,
    onMessage: () => undefined,
    reader: new FrameReader(new Slab(READER_SLAB), max, {
      message: ({ bytes }, start, end) => {
        found.onMessage();
        events.push(`message ${text(bytes, start, end)}`);
      },
      ping: ({ bytes }, start, end) => events.push(`ping ${text(bytes, start, end)}`),
      pong: () => events.push("pong"),
      closed: (code, reason) => events.push(`closed ${code} ${reason}`),
      failed: (code, reason) => events.push(`failed ${code} ${reason}`),
    }),
  };
  return found;
}

/** Hands over a stream in pieces of the given sizes, again and again. */
function feed(reader: FrameReader, bytes: Uint8Array, sizes: readonly number[] = [READ_AREA]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const part = bytes.subarray(at, at + sizes[i % sizes.length]!);
    reader.area.set(part);
    reader.feed(part.length);
    at += part.length;
  }
}

function frame(first: number, payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload as string);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65536 ? 4 : 10);
  head[0] = first;
  head[1] = head.length === 2 ? body.length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(body.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

function sized(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => 97 + ((i * 7 + length) % 26)));
}

describe("a reader of frames", () => {
  it("hands messages over in place and keeps nothing for them", () => {
    const { reader, events } = recording();
    feed(reader, Buffer.concat([frame(0x81, "one"), frame(0x82, ""), frame(0x81, sized(60_000))]));
    expect(events).toEqual(["message one", "message ", `message ${sized(60_000)}`]);
    expect(reader.held).toBe(0);
  });

  it("joins what a read cut, up to the headroom without a copy of its own, above it with one", () => {
    for (const [length, held] of [
      [HEADROOM - 4, 0],
      [HEADROOM - 9, 0],
      [HEADROOM - 3, HEADROOM],
      [HEADROOM, HEADROOM],
      [MAX, MAX],
    ] as const) {
      const { reader, events } = recording();
      feed(reader, Buffer.concat([frame(0x81, sized(length)), frame(0x81, "next")]), [3000, 1]);
      expect(events).toEqual([`message ${sized(length)}`, "message next"]);
      expect(reader.held, `${length}`).toBe(held);
    }
  });

  it("starts where the handshake ends", () => {
    const { reader, events } = recording();
    const bytes = frame(0x81, "abc");
    reader.area.set(Buffer.concat([Buffer.from("HTTP"), bytes, bytes.subarray(0, 3)]));
    reader.feed(4 + bytes.length + 3, 4);
    feed(reader, bytes.subarray(3));
    expect(events).toEqual(["message abc", "message abc"]);
  });

  it("hands nothing over once it is told to stop, in the middle of a read too", () => {
    const found = recording();
    found.onMessage = () => found.reader.stop();
    feed(found.reader, Buffer.concat([frame(0x81, "a"), frame(0x81, "b")]));
    feed(found.reader, Buffer.concat([frame(0x89, "c"), frame(0x80, "d")]));
    expect(found.events).toEqual(["message a"]);
  });

  it("gathers many small fragments within twice their size, and refuses one byte too many", () => {
    const { reader, events } = recording();
    const part = sized(100);
    const parts = Array.from({ length: MAX / 100 }, (_, i) => frame(i === 0 ? 1 : 0, part));
    feed(reader, Buffer.concat(parts));
    expect([events, reader.held]).toEqual([[], MAX]);
    feed(reader, frame(0x80, "x"));
    expect(events).toEqual(["failed 1009 Max payload size exceeded"]);
  });

  it("does not take memory for a length over the limit, nor for a header alone", () => {
    const { reader, events } = recording();
    const head = frame(0x82, Buffer.alloc(70_000)).subarray(0, 10);
    head.writeUInt32BE(MAX + 1, 6);
    feed(reader, head.subarray(0, 9));
    expect([events, reader.held]).toEqual([[], 0]);
    feed(reader, head.subarray(9));
    expect([events, reader.held]).toEqual([["failed 1009 Max payload size exceeded"], 0]);
  });
});

describe("memory", () => {
  it("is not allocated per message", async () => {
    let bytes = 0;
    const reader = new FrameReader(new Slab(READER_SLAB), MAX, {
      message: (_, start, end) => {
        bytes += end - start;
      },
      ping: () => undefined,
      pong: () => undefined,
      closed: () => undefined,
      failed: () => undefined,
    });
    const frames = Buffer.concat(Array.from({ length: 300 }, () => frame(0x81, sized(200))));
    const run = (reads: number): void => {
      reader.area.set(frames);
      for (let n = 0; n < reads; n++) reader.feed(frames.length);
    };
    run(1000);
    let collections = 0;
    const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
    observer.observe({ entryTypes: ["gc"] });
    // Three million messages: an object of 12 bytes for each would fill the young generation (16 MiB) twice.
    run(10_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    observer.disconnect();
    expect(collections).toBeLessThanOrEqual(1);
    expect(bytes).toBe(11_000 * 300 * 200);
  });
});

/** Legal frames in legal order, and what they mean. */
const control = fc.tuple(fc.constantFrom(0x89, 0x8a), fc.uint8Array({ maxLength: 125 }));
const lengths = fc.oneof(
  { weight: 8, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.constantFrom(125, 126, 127, 65525, 65531, 65532, 65535, 65536) },
  { weight: 1, arbitrary: fc.nat(90_000) },
);
const message = fc.record({
  first: fc.constantFrom(1, 2),
  parts: fc.array(lengths, { minLength: 1, maxLength: 4 }),
  between: fc.array(control, { maxLength: 2 }),
});
const stream = fc.array(message, { minLength: 1, maxLength: 12 });

type Message = { first: number; parts: number[]; between: [number, Uint8Array][] };

function build(messages: readonly Message[]): { bytes: Buffer; events: string[] } {
  const frames: Buffer[] = [];
  const events: string[] = [];
  for (const { first, parts, between } of messages) {
    const payloads = parts.map(sized);
    for (const [i, payload] of payloads.entries()) {
      frames.push(frame((i === 0 ? first : 0) | (i === parts.length - 1 ? 0x80 : 0), payload));
      if (i === parts.length - 1) events.push(`message ${Buffer.concat(payloads)}`);
      for (const [opcode, body] of between) {
        frames.push(frame(opcode, body));
        events.push(opcode === 0x89 ? `ping ${Buffer.from(body).toString("latin1")}` : "pong");
      }
    }
  }
  return { bytes: Buffer.concat(frames), events };
}

describe("any stream", () => {
  it("means the same however it is split", { timeout: 3_600_000 }, () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: READ_AREA })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(stream, sizes, (messages, split) => {
        const { bytes, events } = build(messages as Message[]);
        const whole = recording();
        feed(whole.reader, bytes);
        const parts = recording();
        feed(parts.reader, bytes, split);
        expect(whole.events).toEqual(events);
        expect(parts.events).toEqual(events);
      }),
      { seed: 11, numRuns: 150 * LONG },
    );
  });

  it("of a few hundred bytes means the same when it is split at any one place", () => {
    const messages: Message[] = [
      { first: 1, parts: [3], between: [[0x89, Uint8Array.of(1, 2)]] },
      { first: 2, parts: [130, 0, 7], between: [[0x8a, Uint8Array.of()]] },
    ];
    const { bytes, events } = build(messages);
    for (let at = 1; at < bytes.length; at++) {
      const { reader, events: found } = recording();
      feed(reader, bytes, [at, bytes.length]);
      expect(found, `split at ${at}`).toEqual(events);
    }
  });
});

/** Deterministic uniform integers below `n` (xorshift32). */
function dice(seed: number): (n: number) => number {
  let x = seed | 1;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

function mutate(bytes: Buffer, roll: (n: number) => number): Buffer {
  const out = Buffer.from(bytes);
  for (let n = roll(4); n >= 0; n--) out[roll(out.length)] = roll(3) === 0 ? 1 << roll(8) : roll(256);
  return roll(4) === 0 ? out.subarray(0, roll(out.length) + 1) : out;
}

/** A message of fragments, compressed as RFC 7692, 7.2.1 says where that is wanted, with a ping between. */
function original(roll: (n: number) => number, compressed: boolean, size: number): Buffer {
  const parts = Array.from({ length: 1 + roll(3) }, () => sized(roll(size)));
  const whole = deflateRawSync(Buffer.concat(parts), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const cut = roll(whole.length);
  const payloads = compressed ? [whole.subarray(0, cut), whole.subarray(cut)] : parts;
  const ping = roll(2) === 0 ? frame(0x89, sized(roll(20))) : Buffer.alloc(0);
  const frames = payloads.map((payload, i) => {
    const first = i > 0 ? 0 : (compressed ? 0x41 : 1) + roll(2);
    return frame(first | (i === payloads.length - 1 ? 0x80 : 0), payload);
  });
  const last =
    roll(5) === 0 ? frame(0x88, Buffer.concat([Buffer.from([3, 232]), sized(5)])) : frame(0x81, sized(9));
  return Buffer.concat([frames[0]!, ping, ...frames.slice(1), last]);
}

/** Bytes this process holds once everything that can be collected is. */
function memory(): { heap: number; rss: number } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed + arrayBuffers, rss };
}

/** Feeds mutated streams to readers; returns how often readers ended how. */
function fuzz(streams: number, compressed: boolean, roll: (n: number) => number): Map<string, number> {
  const max = 4000;
  const outcomes = new Map<string, number>();
  const seeds = Array.from({ length: 40 }, (_, i) => original(roll, compressed, i < 30 ? 60 : 400));
  const fresh = (): Found => {
    const one = recording(max);
    if (compressed) one.reader.inflateWith(new Inflater(max, roll(2) === 0));
    return one;
  };
  // One reader serves many streams until it fails, so that a mutation may also meet a tail of the one before.
  let found = fresh();
  for (let n = 0; n < streams; n++) {
    const bytes = mutate(seeds[roll(seeds.length)]!, roll);
    feed(found.reader, bytes, [1 + roll(bytes.length), 1 + roll(50)]);
    expect(found.reader.held).toBeLessThanOrEqual(READ_AREA);
    const last = found.events.at(-1)?.split(" ").slice(0, 2).join(" ") ?? "";
    if (!/^(failed|closed)/.test(last) && roll(8) > 0 && found.events.length < 1000) continue;
    const ends = found.events.filter((one) => /^(failed|closed)/.test(one)).length;
    expect(ends).toBeLessThanOrEqual(1);
    const kind = ends === 0 ? "open" : last.replace(/(closed).*/, "$1");
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    found = fresh();
  }
  return outcomes;
}

describe.each([false, true])("mutated streams (compression: %s)", (compressed) => {
  it(`never throw, never loop, never keep memory: ${STREAMS} of them`, { timeout: 3_600_000 }, () => {
    const roll = dice(2024);
    fuzz(STREAMS / 10, compressed, roll);
    const before = memory();
    const outcomes = fuzz(STREAMS, compressed, roll);
    const after = memory();
    const kinds = ["closed", "failed 1002", ...(compressed ? ["failed 1007"] : []), "failed 1009", "open"];
    expect([...outcomes.keys()].toSorted()).toEqual(kinds);
    expect(after.heap - before.heap).toBeLessThan(4 << 20);
    expect(after.rss - before.rss).toBeLessThan(64 << 20);
    if (LONG > 1) process.stdout.write(`${JSON.stringify({ compressed, STREAMS, before, after })}\n`);
  });
});
