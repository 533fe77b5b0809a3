import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { putMicros, putText, SIDE, SymbolTable, VALIDITY } from "../model/index.ts";
import { fitsK4Symbol, judgeK4, k4Headers, k4RegionBytes, K4Writer } from "./compat-k4.ts";
import type { K4Shape } from "./compat-k4.ts";
import * as put from "./compat-k4-records.ts";
import { DEPTH, DepthReader, DepthWriter } from "./depth-table.ts";
import { EventWriter } from "./event-writer.ts";
import { DEPTH_ROW, HEADER, TOP_ROW } from "./layout.ts";
import { RingWriter } from "./ring-writer.ts";
import { Rows } from "./rows.ts";
import { SlotViews } from "./slot.ts";
import { TOP, TopReader, TopWriter } from "./top-table.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/compat");
const EVENT_US = 1_700_000_000_123_456;
const LOCAL_US = 1_700_000_000_125_417;
const SPOT = 0;
const COIN_MARGIN = 3;

function shapeOf(record: K4Shape["record"]): K4Shape {
  return { record, symbols: ["BTCUSDT", "1000SATSUSDT_261225"], records: 3 };
}

/** A region of zeros and headers. */
function fresh(shape: K4Shape): ArrayBuffer {
  const bytes = new Uint8Array(k4RegionBytes(shape));
  for (const piece of k4Headers(shape)) bytes.set(piece.bytes, piece.at);
  return bytes.buffer;
}

function golden(name: string): string {
  return readFileSync(join(FOLDER, `${name}.bin`)).toString("hex");
}

function hex(buffer: ArrayBuffer): string {
  return Buffer.from(buffer).toString("hex");
}

/** A slot as a lane writes it. */
function slot(i: number, write: (out: EventWriter) => void): readonly [SlotViews, number] {
  const slots = SlotViews.make(512);
  const out = new EventWriter(new RingWriter(new Int32Array(HEADER.size / 4), slots), new SymbolTable());
  const time = new Int32Array(2);
  putMicros(LOCAL_US + i, time, 0);
  out.begin({ lo: time[0]!, hi: time[1]! });
  putMicros(EVENT_US, out.long, 0);
  write(out);
  out.endFrame();
  return [slots, out.wordAt(0)];
}

function tradeSlot(i: number): readonly [SlotViews, number] {
  return slot(i, (out) => {
    out.num[0] = 43210.1 + i;
    out.num[1] = 0.5;
    putText(String(28457 + i), out.long, 2);
    out.trade(0, i % 2 === 1 ? SIDE.SELL : SIDE.BUY, 0);
  });
}

function quoteSlot(i: number): readonly [SlotViews, number] {
  return slot(i, (out) => {
    out.num.set([43210.1 + i, 0.5, 43210.2 + i, 1.25]);
    putText(String(2 ** 40 + i), out.long, 2);
    out.quote(0, 0);
  });
}

describe("bytes of a region", () => {
  it.each(["trade", "aggtrade"] as const)("%s, from slots: those of the golden file", (record) => {
    const buffer = fresh(shapeOf(record));
    const writer = new K4Writer(buffer, shapeOf(record));
    const one = record === "trade" ? put.putK4Trade : put.putK4Aggregate;
    for (let i = 0; i < 4; i++) {
      writer.begin(0, COIN_MARGIN);
      one(writer, ...tradeSlot(i));
      writer.commit(0);
    }
    expect(hex(buffer)).toBe(golden(record));
    expect([writer.has(0), writer.has(1), writer.written]).toEqual([true, false, 4]);
  });

  it("bookticker, from quotes, a row of the top table, and none", () => {
    const rows = new Rows(new ArrayBuffer(TOP_ROW.size), 0, 1, TOP_ROW);
    const tops = new TopWriter(rows);
    putMicros(EVENT_US, tops.long, TOP.TS_EVENT);
    putMicros(LOCAL_US + 1, tops.long, TOP.TS_RECV);
    putText(String(2 ** 40 + 1), tops.long, TOP.UPDATE_ID);
    tops.num.set([43211.1, 0.5, 43211.2, 1.25]);
    tops.write(0, VALIDITY.LIVE, 0, 1);
    const top = new TopReader(rows);
    top.take(0);

    const buffer = fresh(shapeOf("bookticker"));
    const writer = new K4Writer(buffer, shapeOf("bookticker"));
    const write = (compose: () => void): void => {
      writer.begin(0, SPOT);
      compose();
      writer.commit(0);
    };
    write(() => put.putK4Quote(writer, ...quoteSlot(0)));
    write(() => put.putK4Top(writer, top.row));
    write(() => put.putK4Quote(writer, ...quoteSlot(2)));
    write(() => put.putK4NoQuote(writer, LOCAL_US + 3));
    expect(hex(buffer)).toBe(golden("bookticker"));
  });

  it("depth5, from rows of the depth table", () => {
    const rows = new Rows(new ArrayBuffer(DEPTH_ROW.size), 0, 1, DEPTH_ROW);
    const depths = new DepthWriter(rows);
    const reader = new DepthReader(rows);
    for (let k = 0; k < 7; k++) depths.bids.set([43210.1 - k, 0.5 + k], 2 * k);
    for (let k = 0; k < 2; k++) depths.asks.set([43210.2 + k, 1.5 + k], 2 * k);
    putMicros(EVENT_US, depths.long, DEPTH.TS_EVENT);
    const buffer = fresh(shapeOf("depth5"));
    const writer = new K4Writer(buffer, shapeOf("depth5"));
    for (let i = 0; i < 4; i++) {
      putMicros(LOCAL_US + i, depths.long, DEPTH.TS_RECV);
      putText(String(160 + i), depths.long, DEPTH.SEQ);
      depths.write(0, VALIDITY.LIVE, 0, 1, 7, 2);
      reader.take(0);
      writer.begin(0, SPOT);
      put.putK4Depth(writer, reader.row, 43210.15);
      writer.commit(0);
    }
    expect(hex(buffer)).toBe(golden("depth5"));
  });
});

describe("a writer", () => {
  it("goes on behind what is there, and counts on over 2^32", () => {
    const shape = shapeOf("trade");
    const buffer = fresh(shape);
    const write = (writer: K4Writer, i: number): void => {
      writer.begin(0, COIN_MARGIN);
      put.putK4Trade(writer, ...tradeSlot(i));
      writer.commit(0);
    };
    for (let i = 0; i < 4; i++) write(new K4Writer(buffer, shape), i);
    expect(hex(buffer)).toBe(golden("trade"));
    const words = new Uint32Array(buffer, 0, 2);
    words.set([0xffffffff, 1]);
    write(new K4Writer(buffer, shape), 0);
    expect([...words]).toEqual([0, 2]);
  });

  it("does not believe an index that cannot be", () => {
    const buffer = fresh(shapeOf("trade"));
    new BigInt64Array(buffer, 16 + 32, 1)[0] = 77n;
    expect(new K4Writer(buffer, shapeOf("trade")).has(0)).toBe(false);
  });

  it("knows regions of its shape, of another, and other files", () => {
    const shape = shapeOf("trade");
    const judge = (bytes: Uint8Array, wanted: K4Shape): string =>
      judgeK4(bytes.length, (at, length) => bytes.subarray(at, at + length), wanted);
    const region = new Uint8Array(fresh(shape));
    expect(judge(region, shape)).toBe("same");
    expect(judge(region, { ...shape, symbols: ["BTCUSDT", "ETHUSDT"] })).toBe("other");
    expect(judge(region, { ...shape, records: 4 })).toBe("other");
    expect(judge(region, { ...shape, record: "depth5" })).toBe("other");
    expect(judge(region.subarray(1), shape)).toBe("foreign");
    expect(judge(new Uint8Array(4096), shape)).toBe("foreign");
    expect(judge(new TextEncoder().encode("somebody else's file"), shape)).toBe("foreign");
    expect(judge(new Uint8Array(0), shape)).toBe("foreign");
  });

  it("has room for names of 31 bytes", () => {
    expect(["a".repeat(31), "a".repeat(32), "é".repeat(16)].map(fitsK4Symbol)).toEqual([true, false, false]);
  });
});
