/**
 * What does compat memory cost: a book file from a row of the depth table against the encoder over objects, a trade's record against
 * DataView and BigInt, and from a lane's commit until the file shows it against a bare woken reader?
 *
 * The last is one commit after another, each waited for: the median of a round, in nanoseconds. The part runs as it does in a gateway, a
 * process of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CompatData, CompatMessage, CompatOrder } from "../src/app/compat/messages.ts";
import { moduleBeside, startPart } from "../src/app/parts/part.ts";
import type { Part } from "../src/app/parts/part.ts";
import { startWorker } from "../src/app/worker.ts";
import { encodeCompatBook } from "../src/log/compat-book-file.ts";
import { CompatBookImage } from "../src/log/compat-book-image.ts";
import { k4Headers, k4RegionBytes, K4Writer } from "../src/log/compat-k4.ts";
import type { K4Shape } from "../src/log/compat-k4.ts";
import { putK4Trade } from "../src/log/compat-k4-records.ts";
import {
  DEPTH,
  DepthReader,
  DepthWriter,
  EventWriter,
  InstrumentWriter,
  RingWriter,
} from "../src/log/index.ts";
import { instrumentOf, putMicros, putNumber, SIDE, SymbolTable, VALIDITY } from "../src/model/index.ts";
import { createRegion, wallClock } from "../src/store/index.ts";
import type { RegionHandle } from "../src/store/index.ts";
import { compare, nsPerOp, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";

const VENUE = 3;
const LEVELS = 50;
const PINGS = 100;
const BOOKS = 2000;
const TRADES = 20_000;
const SHAPE: K4Shape = { record: "trade", symbols: ["SOLUSD"], records: 1000 };

export async function bench(options: BenchOptions): Promise<Row[]> {
  const dir = mkdtempSync(join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "feedhorn-bench-"));
  try {
    const lane = new BenchLane(dir);
    const cheap = await race([...books(lane), ...records(lane)], options);
    const rows = [
      compare("compat", "order book file", cheap, "book file from a row", "book file from objects"),
      compare("compat", "k4 trade", cheap, "trade record", "trade record by DataView"),
    ];
    return [...rows, await latency(lane, dir, options)];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** One instrument's lane, written from here. */
class BenchLane {
  readonly handle: RegionHandle;
  readonly out: EventWriter;
  readonly depths: DepthWriter;
  readonly ring: RingWriter;
  readonly id: number;
  #price = 100;

  constructor(dir: string) {
    this.handle = createRegion({ dir, lane: "main", slots: 4096, instruments: 16 });
    const { control, slots, instruments, depth, bell } = this.handle.region;
    this.ring = new RingWriter(control, slots, bell);
    this.out = new EventWriter(this.ring, new SymbolTable());
    this.out.venue = VENUE;
    this.depths = new DepthWriter(depth);
    const row = instrumentOf({ symbol: "SOLUSD", canonical: "SOL-USD" });
    this.id = new InstrumentWriter(control, instruments).add(VENUE, row);
    for (let i = 0; i < LEVELS; i++) {
      this.depths.bids.set([100 - i * 0.01, 1.5 + i * 0.001], 2 * i);
      this.depths.asks.set([101 + i * 0.01, 2.5 + i * 0.001], 2 * i);
    }
  }

  /** A change of the best bid: committed, then in the table. Its price in millionths. */
  change(): number {
    const { out, depths } = this;
    this.#price = this.#price >= 100.9 ? 100 : Math.round((this.#price + 0.01) * 100) / 100;
    out.begin(wallClock());
    out.num[0] = this.#price;
    out.num[1] = 1;
    out.level(SIDE.BID);
    out.book(this.id, 0);
    out.endFrame();
    this.ring.commit();
    depths.bids[0] = this.#price;
    this.row();
    return Math.round(this.#price * 1e6);
  }

  row(): void {
    const { depths } = this;
    putMicros(Date.now() * 1000, depths.long, DEPTH.TS_RECV);
    putNumber(this.ring.head, depths.long, DEPTH.LOG_SEQ);
    depths.write(this.id, VALIDITY.LIVE, 0, 1, LEVELS, LEVELS);
  }
}

function books(lane: BenchLane): Contestant[] {
  lane.row();
  const reader = new DepthReader(lane.handle.region.depth);
  const image = new CompatBookImage();
  return [
    {
      name: "book file from a row",
      run: () =>
        nsPerOp(BOOKS, () => {
          for (let i = 0; i < BOOKS; i++) {
            reader.take(lane.id);
            image.take(reader.row);
          }
        }),
    },
    {
      name: "book file from objects",
      run: () =>
        nsPerOp(BOOKS, () => {
          for (let i = 0; i < BOOKS; i++) {
            const { bids, asks, tsRecv } = reader.read(lane.id)!;
            encodeCompatBook(bids, asks, Math.floor(tsRecv / 1000));
          }
        }),
    },
  ];
}

function records(lane: BenchLane): Contestant[] {
  const bytes = new Uint8Array(k4RegionBytes(SHAPE));
  for (const { at, bytes: piece } of k4Headers(SHAPE)) bytes.set(piece, at);
  const writer = new K4Writer(bytes.buffer, SHAPE);
  const plain = new DataView(new ArrayBuffer(k4RegionBytes(SHAPE)));
  lane.out.begin(wallClock());
  lane.out.num[0] = 100.5;
  lane.out.num[1] = 2;
  lane.out.trade(lane.id, SIDE.SELL, 0);
  lane.out.endFrame();
  const { slots } = lane.handle.region;
  const word = lane.out.wordAt(0);
  let index = -1;
  const byHand = (): void => {
    index = (index + 1) % SHAPE.records;
    const at = 64 + index * 96;
    const us = BigInt(Date.now()) * 1000n;
    for (let i = 0; i < 6; i++) plain.setUint8(at + i, "SOLUSD".charCodeAt(i));
    for (const field of [40, 48, 88]) plain.setBigInt64(at + field, us, true);
    plain.setBigUint64(at + 56, 7n, true);
    plain.setFloat64(at + 64, 100.5, true);
    plain.setFloat64(at + 72, 2, true);
    plain.setUint8(at + 80, 1);
    plain.setBigInt64(48, BigInt(index), true);
  };
  return [
    {
      name: "trade record",
      run: () =>
        nsPerOp(TRADES, () => {
          for (let i = 0; i < TRADES; i++) {
            writer.begin(0, 0);
            putK4Trade(writer, slots, word);
            writer.commit(0);
          }
        }),
    },
    {
      name: "trade record by DataView",
      run: () =>
        nsPerOp(TRADES, () => {
          for (let i = 0; i < TRADES; i++) byHand();
        }),
    },
  ];
}

async function latency(lane: BenchLane, dir: string, options: BenchOptions): Promise<Row> {
  const files = { book_file: join(dir, "book"), top_file: join(dir, "top") };
  const data: CompatData = {
    lane: { name: "main", path: lane.handle.path, buffer: null },
    bookFiles: { venue: "kraken", symbol: "SOL-USD", code: VENUE, quotes: false, ...files },
    messageRing: null,
    k4: [],
  };
  const module = moduleBeside(new URL("../src/app/compat/start.ts", import.meta.url).href, "./worker");
  const part: Part<CompatOrder, CompatMessage> = startPart(module, data, { as: "process" });
  await new Promise<void>((ready) => part.onMessage(({ type }) => type === "ready" && ready()));
  const seen = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { path: lane.handle.path, seen };
  const echo = startWorker(new URL("./compat-echo.ts", import.meta.url), { workerData });
  try {
    while (Atomics.load(seen, 1) === 0) await new Promise((turn) => setTimeout(turn, 10));
    const beat = setInterval(() => lane.handle.region.beat(wallClock()), 100);
    const samples = await race(
      [
        pings(
          "commit to book file",
          lane,
          (units) => readFileSync(files.book_file).readUInt32LE(0) === units,
        ),
        pings("commit to a bare reader", lane, () => Atomics.load(seen, 0) === lane.ring.head),
      ],
      options,
    );
    clearInterval(beat);
    return compare(
      "compat",
      "commit to file, p50",
      samples,
      "commit to book file",
      "commit to a bare reader",
    );
  } finally {
    Atomics.store(seen, 1, 0);
    part.kill();
    await part.exited;
    await echo.terminate();
  }
}

/** Median time from before a commit until `there`. */
function pings(name: string, lane: BenchLane, there: (units: number) => boolean): Contestant {
  return {
    name,
    run: async () => {
      const times: number[] = [];
      for (let i = 0; i < PINGS; i++) {
        // Readers are asleep when it comes.
        await new Promise((turn) => setTimeout(turn, 1));
        const begin = performance.now();
        const units = lane.change();
        while (!there(units) && performance.now() - begin < 100);
        times.push(performance.now() - begin);
      }
      lane.handle.region.beat(wallClock());
      return times.toSorted((a, b) => a - b)[PINGS >> 1]! * 1e6;
    },
  };
}
