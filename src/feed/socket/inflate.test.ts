import { PerformanceObserver, constants as gc } from "node:perf_hooks";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { ZlibOptions } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Inflater, TOO_LARGE } from "./inflate.ts";
import { SLAB_PAD, Slab } from "../../model/index.ts";

const MAX = 300_000;
const WINDOW = 32 << 10;
const TAIL = Buffer.of(0, 0, 0xff, 0xff);
/** FEEDHORN_LONG=50 makes the fuzz a million messages. */
const LONG = Number(process.env["FEEDHORN_LONG"] ?? 1);
const MUTATIONS = 20_000 * LONG;

/** A slab that ends with the message, so that nothing behind it can be meant; a window of something larger. */
function slabOf(message: Uint8Array): Slab {
  const buffer = new ArrayBuffer(8 + message.length + SLAB_PAD);
  const bytes = new Uint8Array(buffer, 8);
  bytes.set(message);
  bytes.fill(0xa5, message.length);
  return new Slab(message.length, null, 8, buffer);
}

function inflate(inflater: Inflater, message: Uint8Array): string | Buffer {
  const fault = inflater.inflate(slabOf(message), 0, message.length);
  const { slab, start, end } = inflater;
  return fault === "" ? Buffer.from(slab.bytes.slice(start, end)) : fault;
}

/** A message as a server sends it after those in `before` (RFC 7692, 7.2.1). */
function deflated(message: Uint8Array, before: Uint8Array, options: ZlibOptions = {}): Buffer {
  const window = before.subarray(-WINDOW);
  const dictionary = window.length > 0 ? { dictionary: window } : {};
  return deflateRawSync(message, {
    finishFlush: constants.Z_SYNC_FLUSH,
    ...dictionary,
    ...options,
  }).subarray(0, -4);
}

/** Bits as they come: numbers least significant bit first, Huffman codes as they are written. */
function bits(...parts: readonly (string | readonly [value: number, bits: number])[]): Uint8Array {
  const all = parts.flatMap((part) =>
    typeof part === "string" ? [...part] : [...part[0].toString(2).padStart(part[1], "0")].toReversed(),
  );
  return Uint8Array.from({ length: Math.ceil(all.length / 8) }, (_, i) =>
    all.slice(8 * i, 8 * i + 8).reduce((byte, bit, n) => byte | (Number(bit) << n), 0),
  );
}

/** Three bytes from 24577 + extra back: fixed codes (length 3 is 0000001, 11101 has 13 bits more), then the empty block. */
function far(extra: number): Uint8Array {
  return bits([2, 3], "0000001", "11101", [extra, 13], "0000000", [0, 3]);
}

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

/** Text like a venue's: short, of few words, with numbers. */
function text(length: number, roll: (n: number) => number): Buffer {
  const words = ['"price":', '"size":', "BTC-USD", "ETH-USD", "{", "}", ",", "0.00", "43210."];
  let out = "";
  while (out.length < length) out += roll(3) === 0 ? String(roll(100_000)) : words[roll(words.length)]!;
  return Buffer.from(out.slice(0, length));
}

const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.nat(400) },
  { weight: 2, arbitrary: fc.nat(40_000) },
  { weight: 1, arbitrary: fc.constantFrom(WINDOW - 1, WINDOW, WINDOW + 258, 4 * WINDOW, MAX) },
);
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(0, 1, 2, 3, 4),
  memLevel: fc.integer({ min: 1, max: 9 }),
});
const kind = fc.constantFrom("text", "noise", "zeros");

describe("an inflater", () => {
  it(
    "gives back what zlib deflated, message after message, with and without their context",
    { timeout: 3_600_000 },
    () => {
      const messages = fc.array(fc.tuple(lengths, options, kind), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(messages, fc.boolean(), fc.nat(), (specs, takeover, seed) => {
          const roll = dice(seed);
          const inflater = new Inflater(MAX, takeover);
          let before = Buffer.alloc(0);
          for (const [length, how, what] of specs) {
            const noise =
              what === "noise" ? Buffer.from(Array.from({ length }, () => roll(256))) : Buffer.alloc(length);
            const message = what === "text" ? text(length, roll) : noise;
            const got = inflate(inflater, deflated(message, takeover ? before : Buffer.alloc(0), how));
            expect(message.equals(got as Buffer)).toBe(true);
            before = Buffer.concat([before, message]).subarray(-WINDOW);
            if (roll(4) === 0) inflater.trim();
          }
        }),
        { seed: 7692, numRuns: 150 * LONG },
      );
    },
  );

  it("reaches back 32768 bytes and not one more, over moves and growth of its slab", () => {
    const first = text(MAX, dice(5));
    const filled = (): Inflater => {
      const inflater = new Inflater(MAX, true);
      expect(first.equals(inflate(inflater, deflated(first, first.subarray(0, 0))) as Buffer)).toBe(true);
      return inflater;
    };
    expect(inflate(filled(), far(8191))).toEqual(first.subarray(MAX - WINDOW, MAX - WINDOW + 3));
    // Whenever the slab is full the window moves to its begin: then nothing stands before these 32768 bytes.
    const turning = new Inflater(MAX, true);
    let model = text(WINDOW, dice(7));
    inflate(turning, deflated(model, Buffer.alloc(0)));
    const longest = bits([2, 3], "11000101", "11101", [8191, 13], "0000000", [0, 3]);
    for (let n = 0; n < 1500; n++) {
      const expected = model.subarray(0, 258);
      expect(expected.equals(inflate(turning, longest) as Buffer)).toBe(true);
      model = Buffer.concat([model.subarray(258), expected]);
    }
    expect(turning.slab.capacity).toBe(4 * WINDOW);
    const small = new Inflater(MAX, true);
    const bytes = text(WINDOW - 1, dice(6));
    inflate(small, deflated(bytes, bytes.subarray(0, 0)));
    expect(inflate(small, far(8191))).toBe("invalid distance too far back");
    const again = new Inflater(MAX, true);
    inflate(again, deflated(bytes, bytes.subarray(0, 0)));
    expect(inflate(again, far(8190))).toEqual(bytes.subarray(0, 3));
  });

  it("says in zlib's words what is wrong", () => {
    const dynamic = (
      literals: number,
      distances: number,
      codes: number,
      ...more: [number, number][]
    ): Uint8Array => bits([4, 3], [literals - 257, 5], [distances - 1, 5], [codes - 4, 4], ...more);
    const cases: [Uint8Array, string][] = [
      [bits([6, 3]), "invalid block type"],
      [Uint8Array.of(0, 1, 0, 0, 0, 9), "invalid stored block lengths"],
      [dynamic(287, 1, 4, [0, 30]), "too many length or distance symbols"],
      [dynamic(257, 31, 4, [0, 30]), "too many length or distance symbols"],
      [dynamic(257, 1, 4, [1, 3], [1, 3], [1, 3], [0, 30]), "invalid code lengths set"],
      [dynamic(257, 1, 4, [1, 3], [1, 3], [0, 6], [0, 30]), "invalid bit length repeat"],
      // Lengths of two kinds, 0 and 18 (138 zeros at most): no symbol has a code.
      [
        dynamic(257, 1, 4, [0, 3], [0, 3], [1, 3], [1, 3], [1, 1], [127, 7], [1, 1], [109, 7], [0, 30]),
        "invalid code -- missing end-of-block",
      ],
      [bits([2, 3], "11000110", [0, 20]), "invalid literal/length code"],
      [bits([2, 3], "00110000", "0000001", "11110", [0, 20]), "invalid distance code"],
      [bits([2, 3], "0000001", "00000", [0, 20]), "invalid distance too far back"],
    ];
    for (const [message, words] of cases) {
      const padded = Buffer.concat([message, Buffer.alloc(4)]);
      expect(inflate(new Inflater(MAX, true), padded)).toBe(words);
      expect(() => inflateRawSync(padded), words).toThrow(words);
    }
  });

  it("wants the whole message: every shorter one is refused", () => {
    const whole = text(3000, dice(9));
    const message = deflated(whole, Buffer.alloc(0));
    for (let length = 0; length < message.length; length++)
      expect(inflate(new Inflater(MAX, true), message.subarray(0, length))).toBe(
        "the compressed message ends in the middle of a block",
      );
  });

  it("takes no more memory than the limit and the window, gives it up, and keeps the window", () => {
    const inflater = new Inflater(4 << 20, true);
    const bomb = deflated(Buffer.alloc(64 << 20), Buffer.alloc(0));
    expect(inflate(inflater, bomb)).toBe(TOO_LARGE);
    expect(inflater.slab.capacity).toBeLessThan((4 << 20) + 3 * WINDOW + 1);
    const small = new Inflater(1000, true);
    expect(inflate(small, bomb)).toBe(TOO_LARGE);
    expect(small.slab.capacity).toBe(4 * WINDOW);

    const kept = new Inflater(4 << 20, true);
    const large = text(3 << 20, dice(3));
    expect(large.equals(inflate(kept, deflated(large, Buffer.alloc(0))) as Buffer)).toBe(true);
    kept.trim();
    expect(kept.slab.capacity).toBe(4 * WINDOW);
    expect(inflate(kept, far(8191))).toEqual(large.subarray(-WINDOW).subarray(0, 3));
  });

  it("allocates nothing per message", { timeout: 30_000 }, async () => {
    const roll = dice(77);
    let before = Buffer.alloc(0);
    const messages = Array.from({ length: 200 }, (_, i) => {
      const plain = text(200, roll);
      const message = slabOf(deflated(plain, before, i % 8 === 0 ? {} : { strategy: constants.Z_FIXED }));
      before = Buffer.concat([before, plain]);
      return message;
    });
    const inflater = new Inflater(MAX, true);
    const run = (times: number): void => {
      for (let n = 0; n < times; n++)
        for (const message of messages)
          if (inflater.inflate(message, 0, message.capacity) !== "") throw new Error("expected no fault");
    };
    run(200);
    // Large ones may still be due to what other tests left behind.
    let collections = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { detail: { kind: number } }[])
        collections += entry.detail.kind === gc.NODE_PERFORMANCE_GC_MINOR ? 1 : 0;
    });
    observer.observe({ entryTypes: ["gc"] });
    // 600,000 messages: an object of 32 bytes for each would fill the young generation (16 MiB).
    run(3000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    observer.disconnect();
    expect(collections).toBeLessThanOrEqual(1);
  });
});

/** What zlib makes of a message: it stops after a final block, where we go on with the next byte. */
function oracle(message: Uint8Array, max: number): string | Buffer {
  const input = Buffer.concat([message, TAIL]);
  let out: Buffer = Buffer.alloc(0);
  try {
    for (let at = 0; at < message.length;) {
      const { buffer, engine } = inflateRawSync(input.subarray(at), {
        info: true,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: max + 1,
        ...(out.length > 0 ? { dictionary: out.subarray(-WINDOW) } : {}),
      }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      out = Buffer.concat([out, buffer]);
      at += engine.bytesWritten;
    }
  } catch (error) {
    return (error as Error).message;
  }
  return out.length > max ? TOO_LARGE : out;
}

describe("mutated messages", () => {
  it(`mean what they mean to zlib: ${MUTATIONS} of them`, { timeout: 3_600_000 }, () => {
    const roll = dice(1951);
    const max = 2500;
    const seeds = Array.from({ length: 60 }, (_, i) => {
      const strategy = [0, 0, 2, 4][i % 4]!;
      return deflated(text(20 + roll(i < 40 ? 300 : 3000), roll), Buffer.alloc(0), {
        strategy,
        level: roll(10),
      });
    });
    const seen = new Map<string, number>();
    for (let n = 0; n < MUTATIONS; n++) {
      const message = Buffer.from(seeds[roll(seeds.length)]!);
      // Heads decide most: half of the changes fall into the first bytes.
      for (let k = roll(3); k >= 0; k--)
        message[roll(roll(2) === 0 ? Math.min(16, message.length) : message.length)]! ^= 1 << roll(8);
      const ours = inflate(new Inflater(max, true), message);
      const fault = typeof ours === "string" ? ours : "";
      seen.set(fault, (seen.get(fault) ?? 0) + 1);
      if (fault === "")
        expect([n, ours.toString("latin1")]).toEqual([n, oracle(message, max).toString("latin1")]);
      else if (!fault.startsWith("the compressed message ends")) {
        // zlib says so too at the latest when more comes, whatever that is.
        const more = Buffer.concat([message, Buffer.alloc(400)]);
        expect([n, typeof oracle(more, max)]).toEqual([n, "string"]);
      }
    }
    expect([...seen.keys()].toSorted()).toEqual(
      [
        "",
        TOO_LARGE,
        "invalid bit length repeat",
        "invalid block type",
        "invalid code -- missing end-of-block",
        "invalid code lengths set",
        "invalid distance code",
        "invalid distance too far back",
        "invalid distances set",
        "invalid literal/length code",
        "invalid literal/lengths set",
        "invalid stored block lengths",
        "the compressed message ends in the middle of a block",
        "too many length or distance symbols",
      ].toSorted(),
    );
  });
});
