import { describe, expect, it } from "vitest";
import { SIDE } from "../model/index.ts";
import { BookChecksum, CHECKSUM } from "./checksum.ts";
import { joinedChecksum } from "./joined-checksum.ts";
import { ladderBook, sortedBook } from "./order-book.ts";
import type { OrderBook } from "./order-book.ts";

/** The text over which the checksum of a captured book was taken: 2126607670. */
const CAPTURED =
  "5.138:97:5.145:83:5.136:25:5.146:25:5.135:5:5.147:20:5.133:5:5.148:5:5.132:305:5.149:343:5.131:284:5.15:6:5.13:79:" +
  "5.151:20:5.129:285:5.152:41:5.128:738:5.153:295:5.126:16:5.154:1874:5.124:231:5.155:69:5.123:57:5.156:249:" +
  "5.122:11851:5.157:1:5.121:1999:5.158:129:5.12:86:5.159:304:5.119:455:5.16:157:5.118:609:5.162:11915:5.116:64:" +
  "5.163:2613:5.114:163:5.164:45:5.106:75:5.166:192:5.105:614:5.167:500:5.103:53:5.17:64:5.101:55:5.173:3375:" +
  "5.1:137:5.176:163:5.099:3177:5.178:419";
const CAPTURED_CRC = 2126607670;

function fill(book: OrderBook, side: number, levels: readonly (readonly [number, number])[]): OrderBook {
  for (const [price, size] of levels) book.apply(side, price, size);
  return book;
}

/** The captured book, with levels beyond the 25 that count. */
function captured(book: OrderBook): OrderBook {
  const numbers = CAPTURED.split(":").map(Number);
  for (let i = 0; i < numbers.length; i += 4) {
    book.apply(SIDE.BID, numbers[i]!, numbers[i + 1]!);
    book.apply(SIDE.ASK, numbers[i + 2]!, numbers[i + 3]!);
  }
  fill(book, SIDE.BID, [[4.9, 17]]);
  return fill(book, SIDE.ASK, [[6, 1]]);
}

describe("the checksum of joined texts", () => {
  it("is that of a captured book, whatever the form of the book", () => {
    expect(joinedChecksum(captured(sortedBook()))).toBe(CAPTURED_CRC);
    expect(joinedChecksum(captured(ladderBook(0.001)))).toBe(CAPTURED_CRC);
  });

  it("notices every number of it", () => {
    const numbers = CAPTURED.split(":").map(Number);
    for (let i = 0; i < numbers.length; i += 2) {
      const book = captured(sortedBook());
      const side = i % 4 === 0 ? SIDE.BID : SIDE.ASK;
      book.apply(side, numbers[i]!, numbers[i + 1]! + 1);
      expect(joinedChecksum(book)).not.toBe(CAPTURED_CRC);
      book.apply(side, numbers[i]!, 0);
      expect(joinedChecksum(book)).not.toBe(CAPTURED_CRC);
    }
  });

  it("lets the longer side go on alone", () => {
    const book = sortedBook();
    fill(book, SIDE.BID, [
      [100, 2],
      [99.5, 0.003],
      [99, 7],
    ]);
    expect(joinedChecksum(book)).toBe(crcOf("100:2:99.5:0.003:99:7"));
    fill(book, SIDE.ASK, [
      [100.5, 0.25],
      [101, 1],
    ]);
    expect(joinedChecksum(book)).toBe(crcOf("100:2:100.5:0.25:99.5:0.003:101:1:99:7"));
    expect(joinedChecksum(sortedBook())).toBe(0);
  });

  it("writes small numbers without an exponent", () => {
    const book = fill(sortedBook(), SIDE.BID, [[1.234e-8, 1234567890123]]);
    expect(joinedChecksum(book)).toBe(crcOf("0.00000001234:1234567890123"));
  });

  it("is tried where the digits do not match, and proves nothing that is wrong", () => {
    const sum = new BookChecksum();
    const book = captured(sortedBook());
    expect(sum.accept(book, 3, 0, CAPTURED_CRC)).toBe(CHECKSUM.MATCH);
    expect(sum.accept(book, 3, 0, CAPTURED_CRC ^ 1)).toBe(CHECKSUM.MISMATCH);
    expect(sum.accept(book, -1, -1, CAPTURED_CRC)).toBe(CHECKSUM.UNAVAILABLE);
  });
});

/** CRC-32 (IEEE) bit by bit, as int32. */
function crcOf(text: string): number {
  let crc = -1;
  for (const char of text) {
    crc ^= char.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}
