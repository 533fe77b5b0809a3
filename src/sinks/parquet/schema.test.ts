import { describe, expect, it } from "vitest";
import { TABLES } from "../kit/tables.ts";
import type { TableName } from "../kit/tables.ts";
import { HOLE_COLUMNS, keptOf, LAKE_TABLES, SCHEMA } from "./schema.ts";

describe("tables of the lake", () => {
  it("are those of databases, and one is called otherwise", () => {
    const names = Object.keys(TABLES).map((name) => (name === "index_prices" ? "index" : name));
    expect(LAKE_TABLES).toEqual([...names, "holes"]);
  });

  it("have their columns but for time and place", () => {
    for (const [name, { columns }] of Object.entries(TABLES)) {
      const key = (name === "index_prices" ? "index" : name) as keyof typeof SCHEMA;
      const [ts, lane, place, slots, ...others] = columns.map((column) => column.name);
      expect([ts, lane, place, slots], name).toEqual(["ts", "lane", "log_seq", "slots"]);
      const lake = SCHEMA[key].columns.map((column) => column.name);
      expect(lake, name).toEqual(["seq", "slots", "lane", ...others, "unfit"]);
    }
  });

  it("say of places what they are called there", () => {
    const docs = (name: TableName): string[] => TABLES[name].columns.map(({ doc }) => doc);
    const said = Object.values(SCHEMA).flatMap(({ columns }) => columns.map(({ doc }) => doc));
    expect(said.filter((doc) => doc.includes("log_seq"))).toEqual([]);
    expect(docs("iv_points")).toContain("`log_seq` of the row of its event in `iv_surfaces`");
    expect(said).toContain("`seq` of the row of its event in `iv_surfaces`");
  });

  it("are made by SQL of what is kept", () => {
    const { columns } = SCHEMA.book_deltas;
    const sql = Object.fromEntries(columns.map((column) => [column.name, column.sql]));
    expect(sql).toMatchObject({
      seq: "t.seq",
      slots: "1::SMALLINT",
      lane: "$lane",
      venue: "n.venue",
      last: "(t.flags & 128) <> 0",
      side: "list_extract(['bid', 'ask'], t.side::INTEGER)",
      price: "CASE WHEN t.side <> 0 THEN t.price END",
      venue_seq: "nullif(t.venue_seq, 0)",
      checksum: "CASE WHEN t.has_checksum = 1 THEN t.checksum END",
      unfit: "list_extract($unfits, t.unfit::INTEGER)",
    });
    expect(Object.fromEntries(keptOf("book_deltas"))).toEqual({
      seq: { as: "seq" },
      name: { as: "name" },
      ts_event: { as: "i64", word: 2 },
      ts_recv: { as: "i64", word: 4 },
      event: { as: "event" },
      flags: { as: "u8", word: 0, byte: 1 },
      side: { as: "u8", word: 14, byte: 0 },
      price: { as: "decimal", at: 3 },
      size: { as: "decimal", at: 4 },
      venue_seq: { as: "u64", word: 10 },
      venue_prev_seq: { as: "u64", word: 12 },
      has_checksum: { as: "u8", word: 14, byte: 1 },
      checksum: { as: "u32", word: 15 },
      unfit: { as: "unfit" },
    });
  });

  it("tell what did not fit in an instrument's row with that row", () => {
    expect(SCHEMA.instruments.columns.at(-1)!.sql).toBe("n.unfit");
  });

  it("have holes without slots of their own", () => {
    expect(HOLE_COLUMNS.map(({ name }) => name)).toEqual(["seq", "slots", "lane", "reason", "ts_recv"]);
  });
});
