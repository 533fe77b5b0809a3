import { describe, expect, test } from "vitest";
import type { BookEvent } from "../model/index.ts";
import { EVENT_FAULTS } from "./event-faults.ts";
import type { FaultName } from "./faults.ts";
import { quotedNumbers, renamed } from "./frame-faults.ts";
import { gridOf } from "./grid.ts";
import { LevelBook } from "./level-book.ts";
import { Random } from "./random.ts";

const random = new Random("event faults");
/** Bids at 100.00 and 99.99, asks at 100.01 and 100.02; sizes in hundredths. */
const book = new LevelBook(gridOf("0.01", "0.01"));
book.bids.set(10_000, 100);
book.bids.set(9_999, 200);
book.asks.set(10_001, 300);
book.asks.set(10_002, 400);

const EVENT: BookEvent = {
  type: "book",
  venue: "v",
  symbol: "S",
  instrument: null,
  ts_event: 1,
  ts_recv: 1,
  action: "update",
  bids: [[100, 1]],
  asks: [[100.02, 0]],
  seq: "7",
  prev_seq: "6",
  checksum: 8,
};

function altered(fault: FaultName, event: BookEvent = EVENT): BookEvent | null {
  return EVENT_FAULTS[fault]!(event, book, random);
}

describe("what faults make of a book event", () => {
  test("crossed: a bid at the best ask, nothing else", () => {
    expect(altered("crossed")).toEqual({
      ...EVENT,
      bids: [
        [100.01, 1],
        [100, 1],
      ],
    });
  });

  test("zero_unknown: the level below the worst bid goes", () => {
    expect(altered("zero_unknown")).toEqual({
      ...EVENT,
      bids: [
        [100, 1],
        [99.98, 0],
      ],
    });
  });

  test("unit_change: prices a hundredfold, only where a bid makes it seen", () => {
    expect(altered("unit_change")).toEqual({ ...EVENT, bids: [[10_000, 1]], asks: [[10_002, 0]] });
    expect(altered("unit_change", { ...EVENT, bids: [[100, 0]] })).toBeNull();
  });

  test("wrong_checksum: one bit, only where there is a checksum", () => {
    expect(altered("wrong_checksum")).toEqual({ ...EVENT, checksum: 9 });
    const { checksum: _, ...bare } = EVENT;
    expect(altered("wrong_checksum", bare)).toBeNull();
  });
});

describe("what faults make of a text", () => {
  test("quoted: numbers become texts, and nothing else changes", () => {
    const text = '{"a":1,"b":[-2.5,3e-7,[4, 5]],"c":"11:07:08.5,6]","d":null,"e":"7"}';
    const quoted = quotedNumbers(text);
    expect(JSON.parse(quoted)).toEqual({
      a: "1",
      b: ["-2.5", "3e-7", ["4", "5"]],
      c: "11:07:08.5,6]",
      d: null,
      e: "7",
    });
  });

  test("renamed: one key has another name, the values stay", () => {
    const text = '{"a":1,"b":{"c":"d"}}';
    for (let i = 0; i < 20; i++) {
      const values = JSON.stringify(JSON.parse(renamed(text, random))).replace("new_", "");
      expect(values).toBe(text);
    }
    expect(renamed("[1,2]", random)).toBe("[1,2]");
  });
});
