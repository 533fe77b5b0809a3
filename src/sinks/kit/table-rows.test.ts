import { describe, expect, it } from "vitest";
import { feedOf } from "../../../test/contracts/sink-feed.ts";
import { slotFlags } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import type { Cells } from "./cells.ts";
import { UNFIT } from "./columns.ts";
import { holeRows, TableRows } from "./table-rows.ts";
import { TABLES } from "./tables.ts";
import type { TableName } from "./tables.ts";

type Cell = string | number | bigint | boolean | null;
type Told = Record<string, Cell>;

/** A vendor that writes objects; decimals of more than eight digits behind the point do not fit. */
class Objects implements Cells {
  readonly rows: [TableName, Told][] = [];
  #row: Told = {};
  #names: string[] = [];

  begin(table: TableName): this {
    this.#names = [...TABLES[table].columns.map(({ name }) => name), "unfit"];
    this.rows.push([table, (this.#row = {})]);
    return this;
  }

  #put(value: Cell): void {
    this.#row[this.#names.shift()!] = value;
  }

  none = (): void => this.#put(null);
  text = (value: string): void => this.#put(value);
  whole = (value: number): void => this.#put(value);
  u64 = (hi: number, lo: number): void => this.#put((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
  double = (value: number): void => this.#put(value);
  time = (hi: number, lo: number): void => this.u64(hi, lo);
  flag = (value: boolean): void => this.#put(value);

  decimal(value: number): boolean {
    const fits = Number(value.toFixed(8)) === value;
    this.#put(fits ? value : null);
    return fits;
  }

  end(): void {
    expect(this.#names).toEqual([]);
  }
}

function rowsOf(
  events: number,
  seed: number,
): { rows: [TableName, Told][]; feed: ReturnType<typeof feedOf> } {
  const feed = feedOf("a", events, seed);
  const to = new Objects();
  const batch = feed.batch(0, events);
  const count = new TableRows([UNFIT]).put(batch, (table) => to.begin(table));
  expect(count).toBe(to.rows.length);
  return { rows: to.rows, feed };
}

describe("rows of a lane", () => {
  it("stand for every slot once", () => {
    const { rows, feed } = rowsOf(300, 7);
    const slots = rows.flatMap(([, { log_seq, slots: many }]) =>
      Array.from({ length: Number(many) }, (_, i) => Number(log_seq) + i),
    );
    expect(slots.toSorted((a, b) => a - b)).toEqual(Array.from({ length: feed.count }, (_, i) => i));
    expect(new Set(rows.map(([table]) => table)).size).toBeGreaterThanOrEqual(11);
  });

  it("have the values of their slots", () => {
    const { rows } = rowsOf(20, 7);
    const trade = rows.find(([table]) => table === "trades")![1];
    expect(trade).toEqual({
      ts: 1_699_999_999_998_500_000n,
      lane: "a",
      log_seq: 0,
      slots: 1,
      venue: trade["venue"]!,
      symbol: trade["symbol"],
      instrument: String(trade["symbol"]).replace("/", "-"),
      ts_event: 1_699_999_999_998_500_000n,
      ts_recv: 1_700_000_000_000_000_000n,
      id: 1000n,
      price: trade["price"],
      size: trade["size"],
      side: "buy",
      snapshot: false,
      recovered: false,
      gap: false,
      invalid: false,
      duplicate: false,
      unfit: null,
    });
    expect(trade["price"]).toBeGreaterThan(0);
  });

  it("of a book event share it, and the last says so", () => {
    const { rows, feed } = rowsOf(600, 5);
    const levels = rows.filter(([table]) => table.startsWith("book"));
    for (const [table, { event, log_seq, last }] of levels) {
      const flags = slotFlags(feed.slots, Number(log_seq) << 4);
      expect(last).toBe((flags & FLAG.LAST) !== 0);
      expect(feed.starts).toContain(event);
      expect(table === "book_snapshots").toBe((flags & FLAG.SNAPSHOT) !== 0);
    }
    expect(levels.some(([, { side }]) => side === null)).toBe(true);
  });

  it("tell a value that has no place in its column", () => {
    const feed = feedOf("a", 1, 7);
    const batch = feed.batch(0, 1);
    batch.slots.f64[3] = 1e-9;
    const to = new Objects();
    new TableRows([UNFIT]).put(batch, (table) => to.begin(table));
    expect(to.rows[0]![1]).toMatchObject({ price: null, unfit: '{"price":"1e-9"}' });
  });

  it("go by our time where the venue's is absurd", () => {
    const feed = feedOf("a", 1, 7);
    for (const [hi, ours] of [
      [0x7ffffff0, true],
      [0, true],
      [feed.slots.i32[3]!, false],
    ] as const) {
      const batch = feed.batch(0, 1);
      batch.slots.i32[3] = hi;
      const to = new Objects();
      new TableRows([UNFIT]).put(batch, (table) => to.begin(table));
      const row = to.rows[0]![1];
      expect(row["ts"] === row["ts_recv"]).toBe(ours);
    }
  });

  it("refuse half an event", () => {
    const feed = feedOf("a", 60, 7);
    const i = feed.starts.findIndex((start, at) => feed.starts[at + 1]! - start > 1);
    const batch = feed.batch(i, i + 1);
    expect(() => new TableRows().put({ ...batch, count: 1 }, () => new Objects().begin("trades"))).toThrow(
      /expected a whole event, saw no end/,
    );
  });
});

it("holes have the time behind them", () => {
  const feed = feedOf("a", 3, 7);
  const holes = [{ first: 5, last: 9, reason: "lapped" }];
  const [hole] = holeRows({ ...feed.batch(0, 3), holes }, 0);
  const { i32 } = feed.slots;
  expect(hole).toEqual({ lane: "a", seq: 5, slots: 5, reason: "lapped", hi: i32[5], lo: i32[4] });
});
