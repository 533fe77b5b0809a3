import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SEEN, TradeDedup } from "../book/index.ts";
import { FLAG, KIND, REASON, VALIDITY, putNumber } from "../model/index.ts";
import { HOUR_US, Ledger } from "./ledger.ts";
import { mergeRows, sumHash } from "./ledger-row.ts";
import type { LedgerGap, LedgerRow } from "./ledger-row.ts";
import { LedgerFacts } from "./ledger-stream.ts";
import type { Before, LedgerRules } from "./ledger-stream.ts";

const T0 = Math.floor(1_779_955_200_000_000 / HOUR_US) * HOUR_US;
const COUNTED: LedgerRules = { trades: "contiguous", book: "contiguous", apart: false };
const SECOND = 1_000_000;

/** A ledger with short words for what it is told. */
class Rig {
  readonly ledger: Ledger;
  readonly facts = new LedgerFacts();
  now = T0;

  constructor(rules: LedgerRules = COUNTED, before: Record<string, Before> = {}) {
    this.ledger = new Ledger({
      rules: () => rules,
      name: (id) => ({ venue: "v", symbol: `S${id}`, instrument: null }),
      before: (_, channel) => before[channel] ?? null,
      keepHours: 1000,
    });
  }

  say(
    kind: number,
    id: number,
    more: { flags?: number; prev?: number; instrument?: number; hash?: number } = {},
  ): void {
    const halves = new Int32Array(4);
    putNumber(id, halves, 0);
    putNumber(more.prev ?? 0, halves, 2);
    const { facts } = this;
    [facts.idLo, facts.idHi, facts.prevLo, facts.prevHi] = halves;
    facts.kind = kind;
    facts.flags = (more.flags ?? 0) | FLAG.LAST;
    facts.venue = 1;
    facts.instrument = more.instrument ?? 0;
    facts.at = this.now;
    facts.hash[0] = more.hash ?? 0;
    facts.book = false;
    this.ledger.accept(facts);
    this.now += 1000;
  }

  trade(id: number, flags = 0): void {
    this.say(KIND.TRADE, id, { flags });
  }

  trades(from: number, to: number): void {
    for (let id = from; id <= to; id++) this.trade(id);
  }

  book(seq: number, prev: number, flags = 0): void {
    this.say(KIND.BOOK, seq, { prev, flags });
  }

  snapshot(seq: number): void {
    this.book(seq, 0, FLAG.SNAPSHOT);
  }

  status(state: number, reason: number): void {
    const { facts } = this;
    facts.kind = KIND.STATUS;
    facts.instrument = 0;
    facts.venue = 1;
    facts.at = this.now;
    facts.book = true;
    facts.state = state;
    facts.reason = reason;
    this.ledger.accept(facts);
    facts.book = false;
    this.now += 1000;
  }

  live(): void {
    this.status(VALIDITY.LIVE, REASON.NONE);
  }

  rows(channel = "trade"): LedgerRow[] {
    const hours = [...new Set([...this.ledger.hours.all, this.ledger.hour])];
    const rows = hours.flatMap((hour) => this.ledger.rows(hour, this.now));
    return rows.filter((row) => row.channel === channel);
  }

  gaps(channel = "trade"): LedgerGap[] {
    return this.rows(channel).flatMap((row) => row.gaps);
  }

  /** Gaps in short: ids, why, and what became of them. */
  said(channel = "trade"): string[] {
    return this.gaps(channel).map((gap) => `${gap.from_id}-${gap.to_id} ${gap.cause} ${gap.outcome}`);
  }
}

describe("trades whose ids count", () => {
  it("name exactly the ids that are missing, and why", () => {
    const rig = new Rig();
    rig.trades(10, 12);
    rig.trade(15);
    rig.ledger.doubt(1, "lost");
    rig.trade(20);
    rig.ledger.doubt(1, "bad");
    rig.trade(22);
    expect(rig.said()).toEqual([
      "13-14 sequence_gap open",
      "16-19 connection_lost open",
      "21-21 bad_frame open",
    ]);
    const [row] = rig.rows();
    expect(row).toMatchObject({
      messages: 6,
      first_id: "10",
      last_id: "22",
      first_ts: T0,
      last_ts: T0 + 5000,
    });
    expect(row!.gaps[0]).toMatchObject({ count: 2, since: T0 + 2000, until: T0 + 3000 });
  });

  it("are filled by what comes later, whatever its order; what does not come is lost", () => {
    const rig = new Rig();
    rig.trades(1, 3);
    rig.trade(10);
    for (const id of [8, 4, 5]) rig.trade(id, FLAG.RECOVERED);
    expect(rig.said()).toEqual([
      "4-5 sequence_gap filled",
      "6-7 sequence_gap open",
      "8-8 sequence_gap filled",
      "9-9 sequence_gap open",
    ]);
    rig.ledger.settle(0, 6, 6, "never_existed");
    rig.ledger.tick(rig.now + 61 * SECOND);
    expect(rig.said().slice(1)).toEqual([
      "6-6 sequence_gap never_existed",
      "7-7 sequence_gap lost",
      "8-8 sequence_gap filled",
      "9-9 sequence_gap lost",
    ]);
    expect([...rig.ledger.totals]).toEqual([["sequence_gap lost", 1]]);
    rig.trade(9, FLAG.RECOVERED);
    expect(rig.said().at(-1)).toBe("8-9 sequence_gap filled");
    expect(rig.rows()[0]).toMatchObject({ recovered: 4 });
  });

  it("are not missing because the venue counts anew", () => {
    const rig = new Rig();
    rig.trades(5000, 5010);
    rig.trade(5013);
    rig.trades(1, 30);
    rig.trades(32, 80);
    expect(rig.said()).toEqual(["5011-5012 sequence_gap lost", "31-31 sequence_gap open"]);
    expect(rig.rows()[0]).toMatchObject({ resets: 1, last_id: "80" });
  });

  it("stay in the hour in which they were missed, and are told again when that changes", () => {
    const rig = new Rig();
    rig.trades(1, 3);
    rig.trade(6);
    rig.now = T0 + HOUR_US + 1;
    rig.trade(7);
    expect(rig.ledger.hours.takeChanged()).toEqual([T0]);
    rig.trade(4, FLAG.RECOVERED);
    expect(rig.ledger.hours.takeChanged()).toEqual([T0]);
    const [first, second] = rig.rows();
    expect(first!.gaps.map((gap) => gap.outcome)).toEqual(["filled", "open"]);
    expect(second).toMatchObject({ hour: T0 + HOUR_US, messages: 2, recovered: 1, gaps: [] });
  });

  it("go on where an earlier run ended", () => {
    const rig = new Rig(COUNTED, { trade: { id: 99, at: T0 - 90 * SECOND } });
    rig.ledger.outage(T0 - 80 * SECOND, T0 + 20 * SECOND);
    rig.now = T0 + 21 * SECOND;
    rig.trade(105);
    expect(rig.said()).toEqual(["100-104 gateway_down open"]);
    expect(rig.rows()[0]!.down_ms).toEqual({ gateway_down: 20_000 });
  });

  it("and books are down while the gateway is, also those that an earlier run began", () => {
    const rig = new Rig(COUNTED, { trade: { id: 6, at: T0 } });
    startBook(rig, 50);
    rig.trade(7);
    rig.ledger.outage(rig.now, rig.now + 30 * SECOND);
    rig.now += 30 * SECOND;
    startBook(rig, 80);
    rig.trade(9);
    expect(rig.said()).toEqual(["8-8 gateway_down open"]);
    expect(rig.said("book")).toEqual(["51-80 gateway_down lost"]);
    expect(rig.rows()[0]!.down_ms).toEqual({ gateway_down: 30_000 });
    expect(rig.rows("book")[0]!.down_ms).toEqual({ starting: 4, gateway_down: 30_000 });
  });

  it("that the ledger did not read are not said to be lost by the gateway", () => {
    const rig = new Rig();
    rig.trades(1, 3);
    rig.ledger.unread();
    rig.trade(9);
    expect(rig.said()).toEqual(["4-8 reader_lapped open"]);
  });
});

describe("trades without such ids", () => {
  it("cannot tell what a lost connection took", () => {
    const rig = new Rig({ ...COUNTED, trades: "increasing" });
    for (const id of [5, 9, 14]) rig.trade(id);
    expect(rig.gaps()).toEqual([]);
    rig.ledger.doubt(1, "lost");
    rig.trade(900);
    rig.trade(901);
    expect(rig.gaps()).toEqual([
      {
        from_id: null,
        to_id: null,
        count: null,
        since: T0 + 2000,
        until: T0 + 3000,
        cause: "connection_lost",
        outcome: "unknown",
      },
    ]);
  });

  it("go by their book's connection where they share it", () => {
    for (const apart of [false, true]) {
      const rig = new Rig({ trades: "opaque", book: "checksum", apart });
      rig.status(VALIDITY.WARMING, REASON.STARTING);
      rig.trade(1);
      rig.ledger.doubt(1, "lost");
      rig.trade(2);
      expect(rig.gaps()).toHaveLength(apart ? 1 : 0);
      rig.status(VALIDITY.GAPPED, REASON.CONNECTION_LOST);
      rig.now += 3 * SECOND;
      rig.trade(3);
      expect(rig.said().at(-1)).toBe("null-null connection_lost unknown");
      expect(rig.rows()[0]!.down_ms).toEqual({ connection_lost: 3001 });
    }
  });
});

function startBook(rig: Rig, seq: number): void {
  rig.status(VALIDITY.WARMING, REASON.STARTING);
  rig.snapshot(seq);
  rig.live();
}

describe("books", () => {
  it("lack what lies between the last event and the snapshot that heals them", () => {
    const rig = new Rig();
    startBook(rig, 100);
    rig.book(103, 100);
    rig.status(VALIDITY.GAPPED, REASON.SEQUENCE_GAP);
    rig.status(VALIDITY.RESYNCING, REASON.SEQUENCE_GAP);
    rig.snapshot(110);
    rig.book(112, 110);
    expect(rig.said("book")).toEqual(["null-null sequence_gap open"]);
    rig.live();
    expect(rig.said("book")).toEqual(["104-110 sequence_gap lost"]);
    expect(rig.rows("book")[0]).toMatchObject({ messages: 4, down_ms: { starting: 2, sequence_gap: 4 } });
  });

  it("lack nothing when the snapshot is where they were", () => {
    const rig = new Rig({ ...COUNTED, book: "prevLink" });
    startBook(rig, 100);
    rig.status(VALIDITY.GAPPED, REASON.CONNECTION_LOST);
    rig.snapshot(100);
    rig.live();
    expect(rig.gaps("book")).toMatchObject([
      { count: 0, cause: "connection_lost", outcome: "never_existed" },
    ]);
  });

  it("without numbers lack nobody knows what", () => {
    const rig = new Rig({ ...COUNTED, book: "checksum" });
    startBook(rig, 0);
    rig.status(VALIDITY.GAPPED, REASON.CHECKSUM_MISMATCH);
    rig.snapshot(0);
    rig.live();
    expect(rig.gaps("book")).toMatchObject([{ count: null, cause: "checksum_mismatch", outcome: "lost" }]);
  });

  it("are down, not gapped, while they are stale or halted; and neither when nobody listens any more", () => {
    const rig = new Rig();
    startBook(rig, 5);
    rig.status(VALIDITY.STALE, REASON.SILENT);
    rig.now += SECOND;
    rig.live();
    rig.status(VALIDITY.HALTED, REASON.HALTED);
    rig.now += 2 * SECOND;
    rig.status(VALIDITY.STALE, REASON.OPERATOR);
    rig.now += 60 * SECOND;
    expect(rig.gaps("book")).toEqual([]);
    expect(rig.rows("book")[0]!.down_ms).toEqual({ starting: 2, silent: 1001, halted: 2001 });
  });

  it("are down across the ends of hours", () => {
    const rig = new Rig();
    startBook(rig, 5);
    rig.now = T0 + HOUR_US - 10 * SECOND;
    rig.status(VALIDITY.GAPPED, REASON.CONNECTION_LOST);
    rig.now = T0 + 2 * HOUR_US + 5 * SECOND;
    rig.ledger.tick(rig.now);
    const down = rig.rows("book").map((row) => row.down_ms["connection_lost"]);
    expect(down).toEqual([10_000, 3_600_000, 5000]);
  });

  it("that the ledger did not read wholly are believed as the tables have them", () => {
    const rig = new Rig();
    startBook(rig, 5);
    rig.status(VALIDITY.GAPPED, REASON.SEQUENCE_GAP);
    rig.ledger.unread();
    rig.ledger.believe(0, true, rig.now);
    rig.book(20, 17);
    expect(rig.said("book")).toEqual(["null-null sequence_gap lost", "6-17 reader_lapped unknown"]);
  });
});

describe("silence of a venue", () => {
  it("is that of instruments without a book", () => {
    const rig = new Rig();
    rig.trade(1);
    rig.ledger.connected(1, false, rig.now);
    rig.now += 4 * SECOND;
    expect(rig.rows()[0]!.down_ms).toEqual({ connection_lost: 4000 });
    rig.ledger.connected(1, true, rig.now);
    rig.now += 4 * SECOND;
    expect(rig.rows()[0]!.down_ms).toEqual({ connection_lost: 4000 });
  });
});

describe("rows of two runs", () => {
  it("add up, and so do their hashes", () => {
    const both = new Rig();
    const [a, b] = [new Rig(), new Rig()];
    for (const [rig, ids] of [
      [a, [1, 2, 4]],
      [b, [5, 6]],
      [both, [5, 4, 1, 2, 6]],
    ] as const)
      for (const id of ids) rig.say(KIND.QUOTE, id, { hash: (id * 0x9e3779b1) | 0 });
    const sum = mergeRows(a.rows("quote")[0]!, b.rows("quote")[0]!);
    expect(sum).toMatchObject({
      messages: 5,
      first_id: "1",
      last_id: "6",
      hash: both.rows("quote")[0]!.hash,
    });
    expect(sumHash("ffffffff00000001", "0000000200000003")).toBe("0000000100000004");
  });
});

/** Ids that the ledger says did not come, by what became of them. */
function named(rig: Rig, ...outcomes: string[]): number[] {
  return rig
    .gaps()
    .filter((gap) => outcomes.includes(gap.outcome))
    .flatMap(({ from_id, count }) => Array.from({ length: count! }, (_, i) => Number(from_id) + i))
    .toSorted((a, b) => a - b);
}

describe("of a generated stream", () => {
  const line = fc.record({
    length: fc.integer({ min: 70, max: 600 }),
    dropped: fc.uniqueArray(fc.nat(599), { maxLength: 40 }),
    recovered: fc.uniqueArray(fc.nat(39), { maxLength: 20 }),
    copied: fc.uniqueArray(fc.nat(599), { maxLength: 20 }),
    swapped: fc.uniqueArray(fc.nat(599), { maxLength: 20 }),
    lost: fc.uniqueArray(fc.nat(599), { maxLength: 3 }),
    spacing: fc.integer({ min: 1, max: 60 }),
  });

  it("exactly the dropped ids are named, no more, across hours, copies, disorder, fetched trades and new counts", () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), (lines) => {
        const rig = new Rig();
        const dedup = new TradeDedup("contiguous");
        const missing: number[] = [];
        const filled: number[] = [];
        const send = (id: number, flags = 0): void => {
          if (dedup.accept(id, 0) !== SEEN.DUPLICATE) rig.trade(id, flags);
        };
        lines.forEach((one, i) => {
          const base = 1_000_000 - 100_000 * i;
          // Both ends come, or nobody could tell; behind them, so many that a new count is believed in.
          const ids = Array.from({ length: one.length + 80 }, (_, k) => base + k);
          const drop = new Set(one.dropped.filter((k) => k > 0 && k < one.length).map((k) => base + k));
          for (const k of one.swapped)
            if (k > 0 && k + 1 < one.length) [ids[k], ids[k + 1]] = [ids[k + 1]!, ids[k]!];
          ids.forEach((id, k) => {
            if (one.lost.includes(k)) rig.ledger.doubt(1, "lost");
            rig.now += one.spacing * SECOND;
            if (!drop.has(id)) send(id);
            if (!drop.has(id) && one.copied.includes(k)) send(id);
          });
          const fetched = [...drop].filter((_, k) => one.recovered.includes(k)).toReversed();
          for (const id of fetched) send(id, FLAG.RECOVERED);
          filled.push(...fetched);
          missing.push(...[...drop].filter((id) => !fetched.includes(id)));
        });
        const ascending = (a: number, b: number): number => a - b;
        expect(named(rig, "open", "lost")).toEqual(missing.toSorted(ascending));
        const reordered = named(rig, "filled");
        expect(filled.every((id) => reordered.includes(id))).toBe(true);
        expect(rig.rows().reduce((sum, row) => sum + row.resets, 0)).toBe(lines.length - 1);
        expect(rig.rows().every((row) => row.first_ts === null || row.last_ts! < row.hour + HOUR_US)).toBe(
          true,
        );
      }),
      { seed: 20261121, numRuns: 150 },
    );
  });
});
