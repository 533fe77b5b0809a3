/**
 * The frames of the other tables for bench/parse.ts, their keys in another order, the same one in every frame:
 * what it costs when a venue changes the order in which it writes. Every text of a number stays as it was.
 */
import { reordered } from "../test/contracts/venue-rewrite.ts";
import { seeded } from "./harness.ts";
import { cases as others } from "./parse-coinbase-kraken.ts";
import { cases as binance } from "./streams/binance-frames.ts";
import { cases as bitget } from "./streams/bitget-frames.ts";
import { cases as bybit } from "./streams/bybit-frames.ts";
import { cases as gemini } from "./streams/gemini-frames.ts";
import { cases as okx } from "./streams/okx-frames.ts";
import type { ParseCase } from "./streams/parse-case.ts";

/** Without the rows that differ only in how much of the same they hold. */
const LEFT_OUT = /recorded|depth 100|books? 1|level2 1|bookTicker usdm$|book 2, spot|bitget v2/;

export function cases(): ParseCase[] {
  return [...binance(), ...others(), ...gemini(), ...okx(), ...bitget(), ...bybit()]
    .filter(({ name }) => !LEFT_OUT.test(name))
    .map(({ peers: _peers, ...one }) => {
      const seed = seedOf(one.frames[0]);
      const frames = one.frames.map((text) => reordered(seeded(seed), text));
      return { ...one, name: `any order: ${one.name}`, frames, anyOrder: true };
    });
}

/** A seed whose order is not by chance the usual one at the top: then every frame goes the other way. */
function seedOf(text: string): number {
  let seed = 15;
  while (/^\{"(?:stream|channel|arg|topic|action|[uEe])"/.test(reordered(seeded(seed), text))) seed += 1;
  return seed;
}
