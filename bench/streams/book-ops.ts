import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SIDE } from "../../src/model/index.ts";
import { seeded } from "../harness.ts";

/**
 * Level updates of several books: operations are four doubles each, [book, side, price, size] with size 0 to remove.
 * `base` builds the books (not timed), `ops` is what is measured.
 */
export interface Stream {
  name: string;
  /** Price step of each book, by index. */
  ticks: number[];
  base: Float64Array;
  ops: Float64Array;
}

export const WORDS = 4;

type Levels = [string | number, string | number, ...unknown[]][];

/** A captured book event before it has numbers. */
interface Heard {
  symbol: string;
  snapshot: boolean;
  bids: Levels;
  asks: Levels;
}

interface Frame {
  dir?: string;
  url?: string;
  text?: string;
}

/** The folder of captured sessions, or null: FEEDHORN_CAPTURES, or beside the repository. */
export function captureFolder(): string | null {
  const folder =
    process.env["FEEDHORN_CAPTURES"] ?? fileURLToPath(new URL("../../../shared/captures", import.meta.url));
  return existsSync(folder) ? folder : null;
}

/** One stream per frames file of the folder that holds books. */
export function captured(folder: string): Stream[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".frames.ndjson"));
  return files
    .map((file) => fromFrames(file.replace(".frames.ndjson", ""), readFileSync(`${folder}/${file}`, "utf8")))
    .filter((stream) => stream.ops.length > 0);
}

function fromFrames(name: string, text: string): Stream {
  const lines = text.split("\n").filter((line) => line !== "");
  const heard = lines.flatMap((line) => read(JSON.parse(line) as Frame));
  const symbols = new Map<string, number>();
  const decimals: number[] = [];
  const base: number[] = [];
  const ops: number[] = [];
  for (const event of heard.filter((e, i) => isNeeded(e, i, heard))) {
    const book = symbols.get(event.symbol) ?? symbols.size;
    const into = event.snapshot ? base : ops;
    symbols.set(event.symbol, book);
    for (const [side, levels] of [[SIDE.BID, event.bids] as const, [SIDE.ASK, event.asks] as const]) {
      for (const [price, size] of levels) {
        into.push(book, side, Number(price), Number(size));
        decimals[book] = Math.max(decimals[book] ?? 0, decimalsOf(String(price)));
      }
    }
  }
  const ticks = decimals.map((n) => Number(`1e-${n}`));
  return { name, ticks, base: Float64Array.from(base), ops: Float64Array.from(ops) };
}

/** Diffs from before the snapshot of their book are not applied, and only the first snapshot is. */
function isNeeded(event: Heard, at: number, all: Heard[]): boolean {
  const snapshot = all.findIndex((other) => other.snapshot && other.symbol === event.symbol);
  return snapshot >= 0 && (event.snapshot ? at === snapshot : at > snapshot);
}

function decimalsOf(price: string): number {
  const point = price.indexOf(".");
  return point < 0 ? 0 : price.slice(point + 1).replace(/0+$/, "").length;
}

interface Message {
  data?: Message | Message[];
  action?: string;
  arg?: { channel?: string; instId?: string };
  e?: string;
  s?: string;
  b?: Levels;
  a?: Levels;
  bids?: Levels;
  asks?: Levels;
  lastUpdateId?: number;
  type?: string;
  symbol?: string;
  changes?: [string, string, string][];
}

const firstOf = new Set<string>();

/** Book events of one frame, in the forms the captured venues have. */
function read(frame: Frame): Heard[] {
  if (frame.text === undefined) return [];
  const message = JSON.parse(frame.text) as Message;
  if (frame.dir === "http") return fetched(frame.url ?? "", message);
  if (frame.dir !== "in") return [];
  if (message.type === "l2_updates") return changes(message);
  const { data, arg } = message;
  if (Array.isArray(data))
    return arg?.channel === "books" ? data.map((row) => stated(arg.instId, message.action, row)) : [];
  if (data?.e !== "depthUpdate") return [];
  return [{ symbol: data.s ?? "", snapshot: false, bids: data.b ?? [], asks: data.a ?? [] }];
}

function fetched(url: string, message: Message): Heard[] {
  if (message.lastUpdateId === undefined) return [];
  const symbol = new URL(url).searchParams.get("symbol") ?? "";
  return [{ symbol, snapshot: true, bids: message.bids ?? [], asks: message.asks ?? [] }];
}

function stated(symbol: string | undefined, action: string | undefined, row: Message): Heard {
  return {
    symbol: symbol ?? "",
    snapshot: action === "snapshot",
    bids: row.bids ?? [],
    asks: row.asks ?? [],
  };
}

/** The first l2_updates of a symbol is its snapshot. */
function changes(message: Message): Heard[] {
  const symbol = message.symbol ?? "";
  const snapshot = !firstOf.has(symbol);
  firstOf.add(symbol);
  const of = (side: string): Levels =>
    (message.changes ?? []).filter(([s]) => s === side).map(([, p, q]) => [p, q]);
  return [{ symbol, snapshot, bids: of("buy"), asks: of("sell") }];
}

/** Several streams as one; the books of each follow those of the one before, and their updates alternate. */
export function merged(name: string, streams: Stream[]): Stream {
  const first = streams.map((_, i) => streams.slice(0, i).reduce((n, s) => n + s.ticks.length, 0));
  const shift = (ops: Float64Array, by: number): number[] =>
    Array.from(ops, (v, i) => (i % WORDS === 0 ? v + by : v));
  const base = streams.flatMap((s, i) => shift(s.base, first[i]));
  const ops: number[] = [];
  const rest = streams.map((s, i) => shift(s.ops, first[i]));
  const longest = Math.max(...rest.map((list) => list.length));
  for (let part = 0; part < 1; part += 64 / longest) {
    for (const list of rest)
      ops.push(...list.slice(cut(list, part), cut(list, Math.min(1, part + 64 / longest))));
  }
  return {
    name,
    ticks: streams.flatMap((s) => s.ticks),
    base: Float64Array.from(base),
    ops: Float64Array.from(ops),
  };
}

function cut(list: number[], part: number): number {
  return Math.round((part * list.length) / WORDS) * WORDS;
}

/**
 * Quantiles of the rank an update touches, as measured on a captured Coinbase full-depth session: half within 4 of
 * the best, 95 % within 87.
 */
const RANKS: [quantile: number, rank: number][] = [
  [0, 0],
  [0.5, 4],
  [0.75, 12],
  [0.9, 28],
  [0.95, 87],
  [0.99, 187],
  [1, 400],
];

function rankAt(u: number): number {
  const i = RANKS.findIndex(([quantile]) => quantile > u);
  const [fromQ, from] = RANKS[i - 1];
  const [toQ, to] = RANKS[i];
  return from + ((to - from) * (u - fromQ)) / (toQ - fromQ);
}

const TICK = 0.01;
const CENTRE = 3_000_000;

/** A seeded stream of that shape over one book of `levels` a side: 27 % inserts, 46 % updates, 27 % removals. */
export function synthetic(levels: number, count: number): Stream {
  const random = seeded(levels);
  // Ticks from the middle outwards, best first.
  const sides = [SIDE.BID, SIDE.ASK].map((side) => ({ side, held: ladder(levels, random) }));
  const put = (side: number, distance: number, size: number): number[] => {
    const tick = side === SIDE.BID ? CENTRE - distance : CENTRE + distance;
    return [0, side, Number((tick * TICK).toFixed(2)), size];
  };
  const size = (): number => Number((0.001 + random() * 5).toFixed(5));
  const base = sides.flatMap(({ side, held }) => held.flatMap((distance) => put(side, distance, size())));
  const ops: number[] = [];
  for (let i = 0; i < count; i++) {
    const { side, held } = sides[random() < 0.5 ? 0 : 1];
    const rank = Math.min(held.length - 1, Math.floor(rankAt(random())));
    const what = held.length < levels * 0.9 ? 0 : held.length > levels * 1.1 ? 1 : random();
    if (what < 0.27) ops.push(...put(side, insertNear(held, rank), size()));
    else if (what < 0.73) ops.push(...put(side, held[rank], size()));
    else ops.push(...put(side, held.splice(rank, 1)[0], 0));
  }
  return {
    name: `synthetic ${levels}`,
    ticks: [TICK],
    base: Float64Array.from(base),
    ops: Float64Array.from(ops),
  };
}

function ladder(levels: number, random: () => number): number[] {
  let distance = 0;
  return Array.from({ length: levels }, () => (distance += 1 + Math.floor(random() * 3)));
}

/** Takes the first free distance behind the level of this rank, or right before it when there is room. */
function insertNear(held: number[], rank: number): number {
  let at = rank;
  let distance = held[at] - 1;
  if (distance < 1 || (at > 0 && held[at - 1] === distance)) {
    while (held[at + 1] === held[at] + 1) at += 1;
    distance = held[at] + 1;
    at += 1;
  }
  held.splice(at, 0, distance);
  return distance;
}
