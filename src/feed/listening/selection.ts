import type { Instrument } from "../../model/index.ts";

/** Options (and futures) of one asset: the nearest expiries, and of each the strikes nearest the money. */
export interface Chain {
  readonly base: string;
  /** Only instruments in this quote currency; left out: any. */
  readonly quote?: string;
  /** Expiries, the nearest first. */
  readonly expiries: number;
  /** Strikes below and above the price, each. */
  readonly strikes: number;
  readonly kinds: readonly ("option" | "future")[];
}

/** One expiry of a chain: strikes in rising order, and the instruments of each. */
interface ExpiryRow {
  readonly expiry: number;
  readonly strikes: readonly number[];
  readonly at: ReadonlyMap<number, readonly string[]>;
  /** What has no strike. */
  readonly futures: readonly string[];
}

/** Everything a venue lists that a chain may take, in order. */
export type ChainTable = readonly ExpiryRow[];

/** The strike just below the money of each expiry (UNIX us), as it was chosen last. */
export type Held = ReadonlyMap<number, number>;

export interface Picked {
  /** Native symbols: the nearest expiry first, then by strike. */
  readonly symbols: readonly string[];
  readonly held: Held;
}

/** Part of the way to the next strike that a price must go beyond a strike before the window follows. */
const HYSTERESIS = 0.5;
/** A price below the lowest strike. */
const BELOW_ALL = -Infinity;

export function ended({ status }: Instrument): boolean {
  return status === "expired" || status === "delisted";
}

/** Sorts out what a chain may take. Once per list of instruments; {@link pickChain} then costs little. */
export function chainTable(chain: Chain, instruments: Iterable<Instrument>): ChainTable {
  const rows = new Map<number, Instrument[]>();
  for (const one of instruments) {
    if (!belongs(chain, one)) continue;
    const row = rows.get(one.expiry);
    if (row === undefined) rows.set(one.expiry, [one]);
    else row.push(one);
  }
  return [...rows].toSorted(([a], [b]) => a - b).map(([expiry, listed]) => expiryRow(expiry, listed));
}

function belongs(chain: Chain, one: Instrument): boolean {
  if (one.base !== chain.base || (chain.quote !== undefined && one.quote !== chain.quote)) return false;
  if (one.kind !== "option" && one.kind !== "future") return false;
  if (one.kind === "option" && !Number.isFinite(one.strike)) return false;
  return chain.kinds.includes(one.kind) && Number.isFinite(one.expiry) && !ended(one);
}

function expiryRow(expiry: number, listed: readonly Instrument[]): ExpiryRow {
  const at = new Map<number, string[]>();
  for (const { kind, strike, symbol } of listed)
    if (kind === "option") at.set(strike, [...(at.get(strike) ?? []), symbol]);
  const futures = listed.filter((one) => one.kind === "future").map((one) => one.symbol);
  return { expiry, strikes: [...at.keys()].toSorted((a, b) => a - b), at, futures };
}

/**
 * What of a chain is wanted at `now` (UNIX us) when the asset is worth `price`. Expired ones are passed over, so that at
 * an expiry the next one joins. The strikes stay as they were `held` until the price is well beyond one of the two it
 * lay between. Without a price (NaN) what is held stays, and of the rest nothing is taken: unless `blind`, when the
 * middle of the nearest expiry's strikes stands for the money, so that its options can tell the price.
 */
export function pickChain(
  chain: Chain,
  table: ChainTable,
  price: number,
  now: number,
  held: Held,
  blind: boolean,
): Picked {
  const symbols: string[] = [];
  const keeps = new Map<number, number>();
  const rows = table.filter((row) => row.expiry > now).slice(0, chain.expiries);
  rows.forEach((row, i) => {
    symbols.push(...row.futures);
    const money = strikeBelow(row.strikes, price, held.get(row.expiry), blind && i === 0);
    if (money === undefined) return;
    if (!Number.isNaN(price)) keeps.set(row.expiry, money);
    else if (held.has(row.expiry)) keeps.set(row.expiry, held.get(row.expiry)!);
    const middle = row.strikes.indexOf(money) + 1;
    const near = row.strikes.slice(Math.max(0, middle - chain.strikes), middle + chain.strikes);
    for (const strike of near) symbols.push(...row.at.get(strike)!);
  });
  return { symbols, held: keeps };
}

/** The strike below the money: the last one chosen while the price stays near it; undefined when nothing can be told. */
function strikeBelow(
  strikes: readonly number[],
  price: number,
  last: number | undefined,
  blind: boolean,
): number | undefined {
  const known = last !== undefined && (last === BELOW_ALL || strikes.includes(last));
  if (strikes.length === 0) return undefined;
  if (Number.isNaN(price)) {
    if (known) return last;
    return blind ? strikes[(strikes.length - 1) >> 1] : undefined;
  }
  const now = strikes.findLastIndex((strike) => strike <= price);
  const before = known ? strikes.indexOf(last!) : now;
  if (now === before + 1 && price - strikes[now]! < HYSTERESIS * step(strikes, now, 1)) return last;
  if (now === before - 1 && strikes[before]! - price < HYSTERESIS * step(strikes, before, -1)) return last;
  return strikes[now] ?? BELOW_ALL;
}

/** Distance from strike `i` to its neighbour in that direction; at the end of the row, the distance to the other one. */
function step(strikes: readonly number[], i: number, direction: 1 | -1): number {
  const there = strikes[i + direction] ?? strikes[i - direction];
  return there === undefined ? 0 : Math.abs(there - strikes[i]!);
}

/** The instrument whose ticker tells what an asset is worth: a perpetual, best in the chain's own quote currency. */
export function priceSource(chain: Chain, instruments: Iterable<Instrument>): Instrument | null {
  let found: Instrument | null = null;
  for (const one of instruments) {
    if (one.base !== chain.base || one.kind !== "perpetual" || ended(one)) continue;
    if (one.quote === chain.quote) return one;
    found ??= one;
  }
  return found;
}
