import {
  DepthReader,
  InstrumentReader,
  quantile,
  readCounters,
  readHistograms,
  readReaders,
  TopReader,
  VenueReader,
} from "../log/index.ts";
import type { DepthOfBook, InstrumentRow, Region } from "../log/index.ts";
import { processAlive } from "../store/index.ts";
import { agoText, textTable } from "./text-table.ts";
import type { Cell } from "./text-table.ts";

/** A table as JSON rows and as aligned text. */
export interface TableReport {
  readonly rows: readonly object[];
  readonly text: string;
}

type Columns = readonly (readonly [name: string, cell: Cell])[];
/** One line of text, and the JSON of a row at its first line. */
type Row = readonly [json: object | null, columns: Columns];
type Maker = (region: Region, symbol: string | null, now: number) => Row[];

/** Levels per side that the text of a depth row shows. */
const SHOWN_LEVELS = 10;

/** One table by name; `symbol` (canonical or native) narrows those that are about instruments. */
export function tableOf(region: Region, name: string, symbol: string | null, now: number): TableReport {
  const rows = TABLES[name]!(region, symbol, now);
  return { rows: rows.flatMap(([json]) => json ?? []), text: textOf(rows) };
}

function textOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return "empty";
  return textTable(
    first[1].map(([name]) => name),
    rows.map(([, columns]) => columns.map(([, cell]) => cell)),
  );
}

const TABLES: Readonly<Record<string, Maker>> = {
  venues: (region, _symbol, now) =>
    new VenueReader(region.venues).all().map((row) => [
      snakeCase(row),
      [
        ["venue", row.id],
        ["state", row.state],
        ["validity", row.validity],
        ["connections", row.connectionsUp],
        ["reconnects", row.reconnects],
        ["last received", agoText(row.lastRecv, now)],
      ],
    ]),
  instruments: (region, symbol) =>
    instruments(region, symbol).map((row) => [snakeCase(row), instrumentColumns(row)]),
  top: topRows,
  depth: depthRows,
  counters: (region) =>
    readCounters(region.counters).map((row) => [
      row,
      [
        ["counter", row.name],
        ["labels", row.labels],
        ["value", row.value],
        ["unit", row.unit],
        ["meaning", row.help],
      ],
    ]),
  histograms: (region) =>
    readHistograms(region.histograms).map((row) => {
      const [p50, p99] = [quantile(row, 0.5), quantile(row, 0.99)];
      const { name, labels, unit, count, max, sum, help } = row;
      const columns: Columns = [
        ["histogram", name],
        ["labels", labels],
        ["count", count],
        ["p50", p50],
        ["p99", p99],
        ["max", max],
        ["unit", unit],
      ];
      return [{ name, labels, unit, help, count, sum, max, p50, p99 }, columns];
    }),
  readers: (region, _symbol, now) =>
    readReaders(region.readers).map((row) => {
      const alive = processAlive(row.pid);
      const columns: Columns = [
        ["reader", row.name],
        ["pid", row.pid],
        ["state", alive ? "alive" : "gone"],
        ["cursor", row.cursor],
        ["lost", row.lost],
        ["last look", agoText(row.lastPoll, now)],
        ["since", agoText(row.started, now)],
      ];
      return [{ ...snakeCase(row), alive }, columns];
    }),
};

function instruments(region: Region, symbol: string | null): (InstrumentRow & { venue: string })[] {
  const { venue } = region.names();
  return new InstrumentReader(region.control, region.instruments)
    .all()
    .filter((row) => symbol === null || row.canonical === symbol || row.symbol === symbol)
    .map((row) => ({ ...row, venue: venue(row.venueCode) ?? `#${row.venueCode}` }));
}

function instrumentColumns(row: InstrumentRow & { venue: string }): Columns {
  return [
    ["id", row.id],
    ["venue", row.venue],
    ["symbol", row.symbol],
    ["instrument", row.canonical],
    ["kind", row.kind],
    ["status", row.status],
    ["tick", row.tick],
    ["lot", row.lot],
  ];
}

function topRows(region: Region, symbol: string | null, now: number): Row[] {
  const reader = new TopReader(region.top);
  return instruments(region, symbol).flatMap((row): Row[] => {
    const top = reader.read(row.id);
    if (top === null) return [];
    const { venue, symbol: native, canonical } = row;
    const columns: Columns = [
      ["venue", venue],
      ["instrument", canonical],
      ["validity", top.validity],
      ["reason", top.reason === "none" ? null : top.reason],
      ["bid size", top.bidSize],
      ["bid", top.bidPrice],
      ["ask", top.askPrice],
      ["ask size", top.askSize],
      ["received", agoText(top.tsRecv, now)],
    ];
    return [[{ venue, symbol: native, instrument: canonical, ...snakeCase(top) }, columns]];
  });
}

function depthRows(region: Region, symbol: string | null): Row[] {
  const reader = new DepthReader(region.depth);
  return instruments(region, symbol).flatMap((row): Row[] => {
    const depth = reader.read(row.id);
    if (depth === null) return [];
    const { venue, symbol: native, canonical } = row;
    const json = { venue, symbol: native, instrument: canonical, ...snakeCase(depth) };
    return levelRows(depth).map((columns, i) => [
      i === 0 ? json : null,
      [["venue", venue], ["instrument", canonical], ["validity", depth.validity], ...columns],
    ]);
  });
}

/** Best levels of both sides next to each other, and where what is known ends. */
function levelRows({ bids, asks, bidHorizon, askHorizon }: DepthOfBook): Columns[] {
  const count = Math.min(SHOWN_LEVELS, Math.max(bids.length, asks.length, 1));
  const rows = Array.from({ length: count }, (_, i): Columns => [
    ["level", i + 1],
    ["bid size", bids[i]?.[1] ?? null],
    ["bid", bids[i]?.[0] ?? null],
    ["ask", asks[i]?.[0] ?? null],
    ["ask size", asks[i]?.[1] ?? null],
  ]);
  if (Number.isNaN(bidHorizon) && Number.isNaN(askHorizon)) return rows;
  return [
    ...rows,
    [
      ["level", "known to"],
      ["bid size", null],
      ["bid", bidHorizon],
      ["ask", askHorizon],
      ["ask size", null],
    ],
  ];
}

/** Keys as everywhere in JSON: tsRecv is ts_recv. */
function snakeCase(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  );
}
