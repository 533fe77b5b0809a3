/**
 * OKX's frames for bench/parse.ts: quotes, trades and five-level books as its encoder writes them, seeded; books of a
 * recorded session where there is one, as they are (with checksums, without ids) and in today's form (the other way round).
 */
import { existsSync, readFileSync } from "node:fs";
import { FLAG, instrumentOf, LONG, NUM, putMillis, putNumber } from "../../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out } from "../../src/model/index.ts";
import { okx } from "../../src/venues/okx/venue.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

const CAPTURES =
  process.env["FEEDHORN_CAPTURES"] ?? new URL("../../../shared/captures/", import.meta.url).pathname;
const SYMBOL = "BTC-USDT-SWAP";
const FRAMES = 1500;
const NOW = 1_787_644_800_000;
const FIRST = 1;
const SECOND = 2;

type Texts = [price: string, size: string, unused: string, orders: string][];

/** What stands in the frames, as far as it is read. */
interface Frame {
  arg: { instId: string };
  action?: string;
  data: {
    instId: string;
    asks: Texts;
    bids: Texts;
    ts: string;
    checksum?: number;
    prevSeqId?: number;
    seqId?: number;
    tradeId: string;
    px: string;
    sz: string;
    side: string;
  }[];
}

type Ids = ReadonlyMap<string, number>;

function naiveBook(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  into[0] = ids.get(arg.instId)!;
  into[1] = Number(row.ts) * 1000;
  into[2] = row.seqId ?? 0;
  let n = 3;
  for (const side of [row.asks, row.bids])
    for (const level of side) {
      into[n] = Number(level[0]);
      into[n + 1] = Number(level[1]);
      n += 2;
    }
  return n;
}

function naiveQuote(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  into[0] = ids.get(arg.instId)!;
  into[1] = Number(row.ts) * 1000;
  into[2] = row.seqId!;
  into[3] = Number(row.bids[0][0]);
  into[4] = Number(row.bids[0][1]);
  into[5] = Number(row.asks[0][0]);
  into[6] = Number(row.asks[0][1]);
  return 7;
}

function naiveTrade(text: string, ids: Ids, into: Float64Array): number {
  const [row] = (JSON.parse(text) as Frame).data;
  into[0] = ids.get(row.instId)!;
  into[1] = Number(row.ts) * 1000;
  into[2] = Number(row.tradeId);
  into[3] = Number(row.px);
  into[4] = Number(row.sz);
  return 5;
}

function emitBook(text: string, ids: Ids, out: Out): void {
  const { arg, action, data } = JSON.parse(text) as Frame;
  const [row] = data;
  const instrument = ids.get(arg.instId)!;
  const flags = action === "update" ? 0 : FLAG.SNAPSHOT;
  putMillis(Number(row.ts), out.long, LONG.TS);
  putNumber(row.seqId ?? 0, out.long, LONG.ID);
  putNumber(row.prevSeqId === undefined || row.prevSeqId < 0 ? 0 : row.prevSeqId, out.long, LONG.PREV);
  out.hasChecksum = row.checksum !== undefined && row.checksum !== 0;
  out.checksum = (row.checksum ?? 0) | 0;
  if (!out.hasChecksum) out.openBook(instrument, flags);
  emitLevels(row.asks, SECOND, out);
  emitLevels(row.bids, FIRST, out);
  out.book(instrument, flags);
}

function emitLevels(levels: Texts, side: number, out: Out): void {
  for (const [price, size] of levels) {
    out.num[NUM.PRICE] = Number(price);
    out.num[NUM.SIZE] = Number(size);
    out.level(side);
  }
}

function emitQuote(text: string, ids: Ids, out: Out): void {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  putMillis(Number(row.ts), out.long, LONG.TS);
  putNumber(row.seqId!, out.long, LONG.ID);
  out.num[NUM.BID_PRICE] = Number(row.bids[0][0]);
  out.num[NUM.BID_SIZE] = Number(row.bids[0][1]);
  out.num[NUM.ASK_PRICE] = Number(row.asks[0][0]);
  out.num[NUM.ASK_SIZE] = Number(row.asks[0][1]);
  out.quote(ids.get(arg.instId)!, 0);
}

function emitTrade(text: string, ids: Ids, out: Out): void {
  const [row] = (JSON.parse(text) as Frame).data;
  putMillis(Number(row.ts), out.long, LONG.TS);
  putNumber(Number(row.tradeId), out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(row.px);
  out.num[NUM.SIZE] = Number(row.sz);
  out.trade(ids.get(row.instId)!, row.side === "buy" ? FIRST : SECOND, 0);
}

/** Events of one channel: a price that walks, sizes in hundredths of a contract, `levels` changed near the touch. */
function event(channel: Channel, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 639_215 + Math.floor(next() * 400);
  const size = (): number => Math.ceil(next() ** 3 * 2e5) / 100;
  const times = { ts_event: (NOW + i * 100 + Math.floor(next() * 99)) * 1000, ts_recv: NOW * 1000 };
  const common = { venue: "okx", symbol: SYMBOL, instrument: "BTC-USDT-PERP", ...times };
  const id = 333_793_117_432 + i * 37;
  if (channel === "quote") {
    const sides = { bid_price: mid / 10, bid_size: size(), ask_price: (mid + 1) / 10, ask_size: size() };
    return { type: "quote", ...common, ...sides, update_id: String(id) };
  }
  if (channel === "trade") {
    const side = i % 3 === 0 ? "buy" : "sell";
    return { type: "trade", ...common, id: String(2_832_749_635 + i), price: mid / 10, size: size(), side };
  }
  const partial = channel === "partial_book";
  const side = (sign: number, count: number): Level[] =>
    Array.from({ length: count }, (_, n) => [
      (mid + sign * (n + 1)) / 10,
      !partial && next() < 0.27 ? 0 : size(),
    ]);
  const bids = side(-1, levels >> 1);
  const asks = side(1, levels - (levels >> 1));
  const ids = { seq: String(id), prev_seq: partial ? null : String(id - 37) };
  return { type: "book", action: partial ? "snapshot" : "update", ...common, bids, asks, ...ids };
}

function written(channel: Channel, levels: number): string[] {
  const next = seeded(levels + 7);
  const instrument = instrumentOf({ symbol: SYMBOL, canonical: "BTC-USDT-PERP", tick: 0.1, lot: 0.01 });
  const connection = { path: "/", sequence: 0, active: [], now: () => NOW * 1000 };
  return Array.from({ length: FRAMES }, (_, i) =>
    okx.server.encode(event(channel, i, levels, next), instrument, { channel, symbol: SYMBOL }, connection),
  );
}

/** Updates of recorded books; none where there is no recording. */
function recorded(): string[] {
  const path = `${CAPTURES}/okx.frames.ndjson`;
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(1);
  return lines
    .map((line) => JSON.parse(line) as { dir: string; text?: string })
    .flatMap(({ dir, text }) =>
      dir === "in" && text !== undefined && text.includes('"action":"update"') ? [text] : [],
    );
}

/** A recorded update as it would come today: no checksum, but ids. */
function today(text: string, i: number): string {
  const ids = `"checksum":0,"prevSeqId":${71_230_987_001 + i},"seqId":${71_230_987_002 + i}}]}`;
  return text.replace(/"checksum":-?\d+\}\]\}$/, ids);
}

export function cases(): ParseCase[] {
  const symbols = ["A", "B", SYMBOL, "BTC-USDT", "UNI-USD-SWAP", "BTC-USD-220527"];
  const shape = { venue: okx, symbols };
  const book = { ...shape, naive: naiveBook, emit: emitBook };
  const captured = recorded();
  const real: ParseCase[] = [
    { ...book, name: "okx books, recorded, in today's form", frames: captured.map(today) },
    { ...book, name: "okx books, recorded, with checksums", frames: captured },
  ];
  return [
    { ...shape, name: "okx bbo-tbt", frames: written("quote", 0), naive: naiveQuote, emit: emitQuote },
    { ...shape, name: "okx trade", frames: written("trade", 0), naive: naiveTrade, emit: emitTrade },
    { ...book, name: "okx books 2", frames: written("book", 2) },
    { ...book, name: "okx books 20", frames: written("book", 20) },
    { ...book, name: "okx books5", frames: written("partial_book", 10) },
    ...(captured.length > 0 ? real : []),
  ];
}
