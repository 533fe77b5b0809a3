import type { LedgerRow } from "../../quality/index.ts";
import type { HeardTrades } from "./heard.ts";
import type { TradeBook } from "./trade-book.ts";

/** Trades by themselves after which a new numbering is believed in: as many as the ledger says (docs/ledger.md). */
const BELIEVED = 64;

export type Fate = "filled" | "never_existed" | "lost";

/**
 * The ids that did not come in their order, and what became of each, from what is on the log and what the venue did, and
 * not from anything the ledger says. `may`: the ledger may name it or not.
 */
export interface Missing {
  readonly must: Map<number, Fate>;
  readonly may: Set<number>;
}

/** `listed`: the venue can be asked which trades there were. */
export function missingOf(book: TradeBook, heard: HeardTrades, listed: boolean): Missing {
  const missing: Missing = { must: new Map(), may: new Set() };
  book.starts.forEach((_, numbering) => {
    const ids = heard.ids.filter((id) => book.numbering(id) === numbering);
    if (numbering === 0) addFirst(missing, { book, ids, listed });
    else addLater(missing, { book, ids, listed, fetched: heard.fetched });
  });
  return missing;
}

interface Numbering {
  readonly book: TradeBook;
  /** Heard, in the order of the log. */
  readonly ids: readonly number[];
  readonly listed: boolean;
}

function fateOf(id: number, { book, listed }: Numbering): Fate {
  return book.existed(id) || !listed ? "lost" : "never_existed";
}

/** From the first that was heard to the last: what was passed over is missing, and filled if it comes later. */
function addFirst({ must }: Missing, numbering: Numbering): void {
  let high = -1;
  for (const id of numbering.ids) {
    if (must.has(id)) must.set(id, "filled");
    if (id < high) continue;
    if (high >= 0) for (let k = high + 1; k < id; k++) must.set(k, fateOf(k, numbering));
    high = id;
  }
}

/** Nothing of a new numbering is told until enough was heard of it; then what is missing since it began. */
function addLater({ must, may }: Missing, numbering: Numbering & { fetched: ReadonlySet<number> }): void {
  const { ids, fetched } = numbering;
  const come = new Set(ids);
  if (ids.filter((id) => !fetched.has(id)).length < BELIEVED) return;
  const passed = new Map<number, Fate>();
  addFirst({ must: passed, may }, numbering);
  const [low, high] = [Math.min(...ids), Math.max(...ids)];
  for (const id of passed.keys()) may.add(id);
  for (let id = low; id < high; id++) if (!come.has(id)) must.set(id, fateOf(id, numbering));
}

/** What the ledger names: outcome by id. An id that is named twice is told in `twice`. */
export function namedBy(rows: readonly LedgerRow[]): { named: Map<number, string>; twice: number[] } {
  const named = new Map<number, string>();
  const twice: number[] = [];
  for (const { from_id, to_id, outcome } of rows.flatMap((row) => row.gaps)) {
    if (from_id === null || to_id === null) continue;
    for (let id = Number(from_id); id <= Number(to_id); id++) {
      if (named.has(id)) twice.push(id);
      named.set(id, outcome);
    }
  }
  return { named, twice };
}
