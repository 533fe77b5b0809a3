/**
 * What does one level update cost, the best price and size of both sides read after it, against tardis-dev,
 * sorted-btree and C?
 *
 * Streams: captured sessions (FEEDHORN_CAPTURES, or ../shared/captures) and seeded ones with the measured shape of a
 * full-depth feed at 50, 1000 and 5000 levels a side. Every structure must answer the same sum of what was read.
 * The rows "top 20" read price and size of 20 levels of both sides after each update.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import btree from "sorted-btree";
import { OrderBook as TardisBook } from "tardis-dev";
import { ladderBook, sortedBook } from "../src/book/index.ts";
import { SIDE } from "../src/model/index.ts";
import { BUILD, compileC } from "./compile-c.ts";
import { compare, nsPerOp, race } from "./harness.ts";
import { captured, captureFolder, merged, synthetic, WORDS } from "./streams/book-ops.ts";
import type { OrderBook } from "../src/book/index.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";
import type { Stream } from "./streams/book-ops.ts";

/** Level updates per round and structure, so that short captures are timed long enough. */
const OPS_PER_ROUND = 40_000;
const TOP = 20;
const TOP_OPS = 4000;

/** A structure loaded with one stream. */
interface Player {
  /** Back to the base books. Not timed. */
  reset(): void;
  /** Applies all operations; answers the sum of both best prices and sizes after each, where both sides have any. */
  play(): number;
  /** Applies the first operations to book 0; answers the sum of the best 20 prices and sizes of both sides after each. */
  playTop(): number;
}

class OurPlayer implements Player {
  readonly books: OrderBook[];
  readonly stream: Stream;
  readonly best = new Float64Array(4);
  readonly levels = new Float64Array(4 * TOP);

  constructor(stream: Stream, make: (tick: number) => OrderBook) {
    this.stream = stream;
    this.books = stream.ticks.map(make);
  }

  reset(): void {
    for (const book of this.books) book.clear();
    this.run(this.stream.base);
  }

  play(): number {
    return this.run(this.stream.ops);
  }

  run(ops: Float64Array): number {
    const { best, books } = this;
    let sum = 0;
    for (let i = 0; i < ops.length; i += WORDS) {
      const book = books[ops[i]];
      book.applyAt(ops[i + 1], ops, i + 2);
      book.copyBest(best, 0);
      const read = best[0] + best[1] + best[2] + best[3];
      if (read === read) sum += read;
    }
    return sum;
  }

  playTop(): number {
    const { levels, stream } = this;
    const { bids, asks } = this.books[0];
    let sum = 0;
    for (let i = 0; i < TOP_OPS * WORDS; i += WORDS) {
      this.books[0].applyAt(stream.ops[i + 1], stream.ops, i + 2);
      const taken = bids.copyTop(TOP, levels, 0);
      const end = 2 * (taken + asks.copyTop(TOP, levels, 2 * taken));
      for (let k = 0; k < end; k++) sum += levels[k];
    }
    return sum;
  }
}

type Change = Parameters<TardisBook["update"]>[0];

/** One level as the object tardis-dev takes; made beforehand, as its mappers would have. */
function changeOf(ops: Float64Array, i: number, isSnapshot: boolean): Change {
  const level = [{ price: ops[i + 2], amount: ops[i + 3] }];
  const [bids, asks] = ops[i + 1] === SIDE.BID ? [level, []] : [[], level];
  const time = new Date(0);
  const rest = {
    type: "book_change",
    symbol: "",
    exchange: "binance",
    timestamp: time,
    localTimestamp: time,
  } as const;
  return { ...rest, isSnapshot, bids, asks };
}

class TardisPlayer implements Player {
  books: TardisBook[] = [];
  readonly stream: Stream;
  readonly base: Change[];
  readonly ops: Change[];

  constructor(stream: Stream) {
    this.stream = stream;
    const changes = (ops: Float64Array): Change[] =>
      Array.from({ length: ops.length / WORDS }, (_, i) => changeOf(ops, i * WORDS, false));
    this.base = changes(stream.base);
    this.ops = changes(stream.ops);
  }

  reset(): void {
    const empty = { ...changeOf(this.stream.ops, 0, true), bids: [], asks: [] };
    this.books = this.stream.ticks.map(() => new TardisBook());
    for (const book of this.books) book.update(empty);
    this.run(this.stream.base, this.base);
  }

  play(): number {
    return this.run(this.stream.ops, this.ops);
  }

  run(ops: Float64Array, changes: Change[]): number {
    let sum = 0;
    for (let i = 0; i < changes.length; i++) {
      const book = this.books[ops[i * WORDS]];
      book.update(changes[i]);
      const bid = book.bestBid();
      const ask = book.bestAsk();
      if (bid !== undefined && ask !== undefined) sum += bid.price + bid.amount + ask.price + ask.amount;
    }
    return sum;
  }

  playTop(): number {
    const book = this.books[0];
    let sum = 0;
    for (let i = 0; i < TOP_OPS; i++) {
      book.update(this.ops[i]);
      sum = addTop(sum, book.bids());
      sum = addTop(sum, book.asks());
    }
    return sum;
  }
}

function addTop(before: number, levels: Iterable<{ price: number; amount: number }>): number {
  let sum = before;
  let taken = 0;
  for (const level of levels) {
    sum += level.price;
    sum += level.amount;
    if (++taken === TOP) break;
  }
  return sum;
}

const Tree = btree.default;
type Sides = {
  bids: InstanceType<typeof Tree<number, number>>;
  asks: InstanceType<typeof Tree<number, number>>;
};
/** Faster than the default comparator, which handles any type. */
const ascending = (a: number, b: number): number => a - b;

/** In its fastest form: a numeric comparator, and one descent per best into a reused pair. */
class TreePlayer implements Player {
  books: Sides[] = [];
  readonly bid: [number, number] = [NaN, NaN];
  readonly ask: [number, number] = [NaN, NaN];
  readonly stream: Stream;
  constructor(stream: Stream) {
    this.stream = stream;
  }

  reset(): void {
    const tree = (): Sides["bids"] => new Tree<number, number>(undefined, ascending);
    this.books = this.stream.ticks.map(() => ({ bids: tree(), asks: tree() }));
    this.run(this.stream.base);
  }

  play(): number {
    return this.run(this.stream.ops);
  }

  run(ops: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < ops.length; i += WORDS) {
      const { bids, asks } = this.books[ops[i]];
      const side = ops[i + 1] === SIDE.BID ? bids : asks;
      if (ops[i + 3] === 0) side.delete(ops[i + 2]);
      else side.set(ops[i + 2], ops[i + 3]);
      const bid = bids.getPairOrNextLower(Infinity, this.bid);
      const ask = asks.getPairOrNextHigher(0, this.ask);
      if (bid !== undefined && ask !== undefined) sum += bid[0] + bid[1] + ask[0] + ask[1];
    }
    return sum;
  }

  playTop(): number {
    const { ops } = this.stream;
    const { bids, asks } = this.books[0];
    let sum = 0;
    for (let i = 0; i < TOP_OPS * WORDS; i += WORDS) {
      const side = ops[i + 1] === SIDE.BID ? bids : asks;
      if (ops[i + 3] === 0) side.delete(ops[i + 2]);
      else side.set(ops[i + 2], ops[i + 3]);
      sum = addPairs(sum, bids.entriesReversed());
      sum = addPairs(sum, asks.entries());
    }
    return sum;
  }
}

function addPairs(before: number, pairs: Iterable<[number, number]>): number {
  let sum = before;
  let taken = 0;
  for (const [price, size] of pairs) {
    sum += price;
    sum += size;
    if (++taken === TOP) break;
  }
  return sum;
}

/** The same code in C, as a process that is asked for one round at a time. */
class CPlayer {
  readonly #child;
  readonly #lines;
  sum = NaN;

  constructor(program: string, stream: Stream) {
    const file = `${BUILD}book-ops.bin`;
    const head = [stream.ticks.length, stream.base.length / WORDS, stream.ops.length / WORDS];
    writeFileSync(file, Buffer.concat([Float64Array.from(head), stream.base, stream.ops].map(bytesOf)));
    this.#child = spawn(program, [file], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  async run(passes: number): Promise<number> {
    const answer = once(this.#lines, "line");
    this.#child.stdin.write(`${passes}\n`);
    const [ns, sum] = String((await answer)[0])
      .split(" ")
      .map(Number);
    this.sum = sum;
    return ns;
  }

  async close(): Promise<void> {
    const gone = once(this.#child, "close");
    this.#child.stdin.end();
    await gone;
  }
}

function bytesOf(numbers: Float64Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function players(stream: Stream): Map<string, Player> {
  return new Map<string, Player>([
    ["sorted", new OurPlayer(stream, () => sortedBook())],
    ["ladder", new OurPlayer(stream, (tick) => ladderBook(tick))],
    ["tardis-dev", new TardisPlayer(stream)],
    ["sorted-btree", new TreePlayer(stream)],
  ]);
}

/** Passes over the stream per round; resets lie between them and are not timed. */
function updates(
  name: string,
  player: Player,
  passes: number,
  ops: number,
  sums: Map<string, number>,
): Contestant {
  const run = (): number => {
    let ns = 0;
    for (let pass = 0; pass < passes; pass++) {
      player.reset();
      ns += nsPerOp(ops, () => sums.set(name, player.play()));
    }
    return ns / passes;
  };
  return { name, run };
}

function topReads(name: string, player: Player, sums: Map<string, number>): Contestant {
  const run = (): number => {
    player.reset();
    return nsPerOp(TOP_OPS, () => sums.set(name, player.playTop()));
  };
  return { name, run };
}

function assertSame(stream: string, sums: Map<string, number>): void {
  const [first, ...others] = [...sums.values()];
  if (first > 0 && others.every((sum) => sum === first)) return;
  const seen = [...sums].map(([name, sum]) => `${name} ${sum}`).join(", ");
  throw new Error(`${stream}: expected every structure to answer the same sum > 0, saw ${seen}`);
}

async function* measure(stream: Stream, options: BenchOptions, program: string | null): AsyncIterable<Row> {
  const ops = stream.ops.length / WORDS;
  const passes = Math.ceil(OPS_PER_ROUND / ops);
  const sums = new Map<string, number>();
  const ours = players(stream);
  const field = [...ours].map(([name, player]) => updates(name, player, passes, ops, sums));
  const c = program === null ? null : new CPlayer(program, stream);
  if (c !== null) field.push({ name: "C", run: () => c.run(passes) });
  const samples = await race(field, options);
  if (c !== null) sums.set("C", c.sum);
  await c?.close();
  assertSame(stream.name, sums);
  const baselines = ["tardis-dev", "sorted-btree", ...(c === null ? [] : ["C"])];
  for (const subject of ["sorted", "ladder"]) {
    for (const baseline of baselines)
      yield compare("book", `${subject}, ${stream.name}`, samples, subject, baseline);
  }
  if (stream.name === "synthetic 1000") yield* measureTop(ours, options);
}

async function* measureTop(ours: Map<string, Player>, options: BenchOptions): AsyncIterable<Row> {
  const sums = new Map<string, number>();
  const samples = await race(
    [...ours].map(([name, player]) => topReads(name, player, sums)),
    options,
  );
  assertSame("top 20", sums);
  for (const subject of ["sorted", "ladder"]) {
    for (const baseline of ["tardis-dev", "sorted-btree"]) {
      yield compare("book", `${subject}, top 20 of 1000`, samples, subject, baseline);
    }
  }
}

function streams(): Stream[] {
  const made = [50, 1000, 5000].map((levels) => synthetic(levels, OPS_PER_ROUND));
  const folder = captureFolder();
  if (folder === null) {
    process.stderr.write("book: no captures found (FEEDHORN_CAPTURES), seeded streams only\n");
    return made;
  }
  const heard = captured(folder);
  return [
    ...heard.filter((stream) => stream.ops.length > 4000 * WORDS),
    merged("all captures", heard),
    ...made,
  ];
}

/** Every stream, all structures in the same rounds. */
export async function* bench(options: BenchOptions): AsyncIterable<Row> {
  const program = compileC("book");
  for (const stream of streams()) yield* measure(stream, options, program);
}
