import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { instrumentOf, putMicros } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import {
  DATAGRAM_BYTES,
  DATAGRAM_CRC_BYTES,
  DATAGRAM_HASH,
  DATAGRAM_TYPE,
  datagramCount,
  datagramEnd,
  datagramFault,
  datagramFirst,
  datagramInside,
  datagramLane,
  datagramNumber,
  datagramRoom,
  datagramSent,
  datagramSession,
  datagramTime,
  datagramType,
  PAYLOAD_WORD,
  putDatagramCrc,
  putDatagramHead,
} from "./datagram.ts";
import type { DatagramHead } from "./datagram.ts";
import { RowCodec } from "./row-codec.ts";

/**
 * The bytes of version 1, kept as files: receivers may be of another release, so a byte that moves is a broken promise.
 * After a deliberate change (new DATAGRAM_VERSION, or another layout of slots): UPDATE_GOLDEN=1 npx vitest run src/log/datagram
 */
const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../fixtures/log/datagram-1");
const LAYOUT = path.join(path.dirname(FOLDER), "v5");

function nanosOf(us: number): Nanos {
  const halves = new Int32Array(2);
  putMicros(us, halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}

const HEAD: DatagramHead = {
  type: DATAGRAM_TYPE.SLOTS,
  inside: true,
  count: 2,
  session: nanosOf(1_700_000_000_000_000),
  number: 2 ** 33 + 7,
  sent: 2 ** 34 + 9,
  first: 2 ** 35 + 11,
  end: 2 ** 35 + 13,
  time: nanosOf(1_700_000_000_125_417),
  lane: "main",
};
const BTC = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", status: "trading", tick: 0.01 });

/** A whole datagram; `fill` writes the payload. */
function datagramOf(said: DatagramHead, fill: (words: Int32Array) => void): Uint8Array {
  const words = new Int32Array(1024);
  const bytes = putDatagramHead(words, said);
  fill(words);
  const datagram = new Uint8Array(words.buffer, 0, bytes);
  const head = crc32(datagram.subarray(0, DATAGRAM_CRC_BYTES));
  putDatagramCrc(words, crc32(datagram.subarray(DATAGRAM_BYTES), head));
  return datagram;
}

function goldenSlots(words: Int32Array): void {
  for (const [i, name] of ["trade", "quote"].entries()) {
    const slot = fs.readFileSync(path.join(LAYOUT, `${name}.bin`));
    new Uint8Array(words.buffer).set(slot.subarray(0, 64), DATAGRAM_BYTES + 64 * i);
  }
}

function all(): Record<string, Uint8Array> {
  const codec = new RowCodec();
  const row = { ...BTC, id: 5, venueCode: 1 };
  return {
    slots: datagramOf(HEAD, goldenSlots),
    instruments: datagramOf({ ...HEAD, type: DATAGRAM_TYPE.INSTRUMENTS, inside: false, count: 1 }, (words) =>
      codec.putInstrument(row, words, PAYLOAD_WORD),
    ),
    venues: datagramOf({ ...HEAD, type: DATAGRAM_TYPE.VENUES, inside: false, count: 1 }, (words) =>
      codec.putVenue(1, "binance", words, PAYLOAD_WORD),
    ),
    heartbeat: datagramOf(
      { ...HEAD, type: DATAGRAM_TYPE.HEARTBEAT, inside: false, count: 0 },
      () => undefined,
    ),
  };
}

function faultOf(bytes: Uint8Array): string | null {
  const words = new Int32Array(1024);
  new Uint8Array(words.buffer).set(bytes);
  const head = crc32(bytes.subarray(0, DATAGRAM_CRC_BYTES));
  return datagramFault(words, bytes.length, crc32(bytes.subarray(DATAGRAM_BYTES), head));
}

describe("a datagram", () => {
  it("is the same bytes as ever", () => {
    for (const [name, bytes] of Object.entries(all())) {
      const file = path.join(FOLDER, `${name}.bin`);
      if (process.env["UPDATE_GOLDEN"] !== undefined) {
        fs.mkdirSync(FOLDER, { recursive: true });
        fs.writeFileSync(file, bytes);
      }
      expect(Buffer.from(bytes).toString("hex"), name).toBe(fs.readFileSync(file).toString("hex"));
      expect(faultOf(bytes), name).toBeNull();
    }
  });

  it("reads what was written", () => {
    const { slots } = all();
    const words = new Int32Array(1024);
    new Uint8Array(words.buffer).set(slots!);
    expect([datagramType(words), datagramInside(words), datagramCount(words)]).toEqual([1, true, 2]);
    expect([datagramNumber(words), datagramSent(words)]).toEqual([HEAD.number, HEAD.sent]);
    expect([datagramFirst(words), datagramEnd(words)]).toEqual([HEAD.first, HEAD.end]);
    expect([datagramSession(words), datagramTime(words), datagramLane(words)]).toEqual([
      1_700_000_000_000_000_000,
      HEAD.time,
      "main",
    ]);
  });

  it("is refused by name, whatever is wrong with it", () => {
    const { slots, heartbeat } = all();
    const changed = (at: number, value: number, of = slots!): string | null => {
      const copy = Uint8Array.from(of);
      copy[at] = value;
      return faultOf(copy);
    };
    expect(faultOf(slots!.subarray(0, 100))).toBe("short");
    expect(faultOf(slots!.subarray(0, 150))).toBe("damaged");
    expect([
      changed(0, 1),
      changed(4, 9),
      changed(8, ~DATAGRAM_HASH),
      changed(60, 1),
      changed(200, 9),
    ]).toEqual(["foreign", "version", "layout", "damaged", "damaged"]);
    for (const at of [6, 7, 12, 14, 108]) expect(changed(at, 0x55, heartbeat), `byte ${at}`).toBe("damaged");
  });

  it("holds what fits", () => {
    expect([datagramRoom(1400, DATAGRAM_TYPE.SLOTS), datagramRoom(1400, DATAGRAM_TYPE.INSTRUMENTS)]).toEqual([
      20, 5,
    ]);
  });
});

describe("one row", () => {
  it("comes back as it was, whatever stood there before", () => {
    const codec = new RowCodec();
    const words = new Int32Array(256);
    const other = { ...instrumentOf({ symbol: "E", canonical: "ETH-USD" }), id: 900, venueCode: 7 };
    const row = { ...BTC, id: 5, venueCode: 300, sizeUnit: "quote" as const, expiry: 17, strike: 2.5 };
    codec.putInstrument(other, words, 0);
    codec.putInstrument(row, words, 64);
    expect([codec.instrument(words, 64), codec.instrument(words, 0)]).toEqual([row, other]);
    codec.putVenue(513, "okx", words, 3);
    expect(codec.venue(words, 3)).toMatchObject({ code: 513, id: "okx" });
  });
});
