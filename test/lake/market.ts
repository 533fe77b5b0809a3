import { FLAG, KIND } from "../../src/model/index.ts";
import type { SlotBatch } from "../../src/sinks/index.ts";
import { seeded } from "../stress/pattern.ts";
import { NOON_NS, SlotMaker } from "./rig.ts";

/** A log that anybody can go on with from any sequence that begins an event: blocks of it depend on their number alone. */
export const BLOCK = 512;

/** Block `number` of the log: BLOCK slots of trades, quotes, books and options. */
export function blockOf(number: number): SlotMaker {
  const random = seeded(number + 1);
  const maker = new SlotMaker();
  const at = (): bigint => NOON_NS + BigInt(number * BLOCK + maker.count) * 200_000n;
  const price = (): number => Math.round(4_300_000 + random() * 10_000) / 100;
  while (maker.count < BLOCK) {
    const left = BLOCK - maker.count;
    const kind = random();
    if (kind < 0.4 || left < 4)
      maker.trade(BigInt(maker.count), price(), Math.round(random() * 1e8) / 1e8, at());
    else if (kind < 0.6) putBook(maker, 1 + Math.floor(random() * 3), price, at());
    else if (kind < 0.7) putOption(maker, price, at());
    else putQuote(maker, price, at());
  }
  return maker;
}

function putQuote(maker: SlotMaker, price: () => number, at: bigint): void {
  maker.slot(KIND.QUOTE, { instrument: 1, venue: 2, event: at, recv: at }, (data, byte) => {
    for (let i = 0; i < 4; i++) data.setFloat64(byte + 24 + 8 * i, price(), true);
  });
}

function putBook(maker: SlotMaker, levels: number, price: () => number, at: bigint): void {
  for (let i = 0; i < levels; i++)
    maker.slot(KIND.BOOK, { flags: i === levels - 1 ? FLAG.LAST : 0, event: at, recv: at }, (data, byte) => {
      data.setFloat64(byte + 24, price(), true);
      data.setFloat64(byte + 32, 1, true);
      data.setUint8(byte + 56, 1 + (i & 1));
    });
}

function putOption(maker: SlotMaker, price: () => number, at: bigint): void {
  const head = { instrument: 2, venue: 2, event: at, recv: at };
  for (let part = 0; part < 3; part++)
    maker.slot(KIND.OPTION_TICKER, { ...head, flags: part === 2 ? FLAG.LAST : 0 }, (data, byte) => {
      for (let i = 0; i < 5; i++) data.setFloat64(byte + 24 + 8 * i, price(), true);
    });
}

/** The log from `from` on to the end of that block, which begins with an event. */
export function batchFrom(from: number, lane = "main"): SlotBatch {
  const number = Math.floor(from / BLOCK);
  if (from !== number * BLOCK) throw new Error(`expected a mark at the end of a block, saw ${from}`);
  return blockOf(number).batch(from, { lane });
}
