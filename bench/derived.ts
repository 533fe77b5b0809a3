/**
 * What does a second of derived figures cost? A lane with 400 spot pairs (100 products at 4 venues) and one with 800 options (4 expiries, 100 strikes, puts
 * and calls, each with one ticker a second), through the part that makes figures of them (src/app/derived), on memory of this process. Beside
 * each, the reading alone: the same tops from the table, the same tickers from the ring as events.
 *
 * ns per pair and second, and per option ticker; a ratio of 0.5 means that figures cost as much again as reading. Milliseconds of one
 * second of all of it go to stderr.
 */
import {
  EventReader,
  EventWriter,
  InstrumentWriter,
  RingReader,
  RingWriter,
  TOP,
  TopReader,
  TopWriter,
} from "../src/log/index.ts";
import { instrumentOf, OPTION, putMicros, REASON, SymbolTable, VALIDITY } from "../src/model/index.ts";
import { Derived } from "../src/app/config/derived.ts";
import { LaneSource } from "../src/app/derived/lane-source.ts";
import { DerivedOutput } from "../src/app/derived/output.ts";
import { pipelinesOf } from "../src/app/derived/pipelines.ts";
import { DerivedRunner } from "../src/app/derived/runner.ts";
import { heapRegion } from "../src/store/index.ts";
import type { RegionHandle } from "../src/store/index.ts";
import { compare, nsPerOp, race, seeded } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";

const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;
const PRODUCTS = 100;
const VENUES = [1, 5, 7, 10];
const EXPIRIES = 4;
const STRIKES = 100;
const DERIBIT = 8;
/** Seconds of a round. */
const SECONDS = 5;

/** A lane, and what its venues say in a second. */
class Lane {
  readonly handle = heapRegion({ lane: "bench", slots: 16_384, instruments: 4096, maxStallMs: 0 });
  readonly ids: number[] = [];
  readonly #tops = new TopWriter(this.handle.region.top);
  readonly #out = new EventWriter(
    new RingWriter(this.handle.region.control, this.handle.region.slots),
    new SymbolTable(),
  );
  readonly #random = seeded(7);

  constructor() {
    const { region } = this.handle;
    const writer = new InstrumentWriter(region.control, region.instruments);
    this.list(writer);
  }

  list(_writer: InstrumentWriter): void {}
  say(_now: number): void {}

  top(id: number, now: number): void {
    const bid = 100 + this.#random();
    this.#tops.num.set([bid, 1, bid + 0.01, 1]);
    putMicros(now, this.#tops.long, TOP.TS_RECV);
    this.#tops.write(id, VALIDITY.LIVE, REASON.NONE, 1);
  }

  option(id: number, now: number): void {
    const halves = new Int32Array(2);
    putMicros(now, halves, 0);
    this.#out.venue = DERIBIT;
    this.#out.begin({ lo: halves[0]!, hi: halves[1]! });
    this.#out.option.fill(1);
    this.#out.option[OPTION.INDEX] = this.#out.option[OPTION.UNDERLYING] = 100;
    this.#out.option[OPTION.MARK_IV] = 0.5 + this.#random() / 1e6;
    this.#out.optionTicker(id, 0);
    this.#out.endFrame();
    this.#out.ring.commit();
  }
}

class Spot extends Lane {
  override list(writer: InstrumentWriter): void {
    for (let product = 0; product < PRODUCTS; product++)
      for (const venue of VENUES) {
        const canonical = `P${product}-USD`;
        this.ids.push(
          writer.add(venue, instrumentOf({ symbol: canonical, canonical, status: "trading", tick: 0.01 })),
        );
      }
  }

  override say(now: number): void {
    for (const id of this.ids) this.top(id, now);
  }
}

class Options extends Lane {
  override list(writer: InstrumentWriter): void {
    for (let day = 1; day <= EXPIRIES; day++)
      for (let i = 0; i < STRIKES; i++)
        for (const side of ["C", "P"]) {
          const canonical = `BTC-USD-1${day}NOV23-${51 + i}-${side}`;
          const facts = {
            kind: "option",
            status: "trading",
            expiry: START + day * 86_400 * SECOND,
            strike: 51 + i,
          } as const;
          this.ids.push(writer.add(DERIBIT, instrumentOf({ symbol: canonical, canonical, ...facts })));
        }
  }

  override say(now: number): void {
    for (const id of this.ids) this.option(id, now);
  }
}

/** The part on a lane: a second is one step. */
function derived(handle: RegionHandle): (now: number) => void {
  const out = heapRegion({ lane: "derived", slots: 16_384, instruments: 4096, maxStallMs: 0 });
  const runner = new DerivedRunner(
    pipelinesOf(Derived.parse({ spot_mid: {}, iv_surface: {} })!),
    (hear) => [new LaneSource("bench", handle, hear)],
    (codeOf) => new DerivedOutput(out.region, codeOf),
  );
  return (now) => {
    while (runner.step(() => now));
  };
}

function readTops({ region }: RegionHandle, ids: readonly number[]): () => void {
  const reader = new TopReader(region.top);
  return () => ids.forEach((id) => reader.read(id));
}

function readTickers({ region }: RegionHandle): () => void {
  const ring = new RingReader(region.control, region.slots);
  const events = new EventReader(region.names());
  return () => ring.poll((slots, word) => void events.accept(slots, word));
}

/** `work` after each second of the lane, which is not timed. */
function contestant(name: string, lane: Lane, work: (now: number) => void): Contestant {
  let now = START;
  const run = (): number => {
    let ns = 0;
    for (let i = 0; i < SECONDS; i++) {
      now += SECOND;
      lane.say(now);
      ns += nsPerOp(lane.ids.length, () => work(now));
    }
    return ns / SECONDS;
  };
  return { name, run };
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  for (const [title, make] of [
    ["spot_mid, 400 pairs", () => new Spot()],
    ["iv_surface, 800 options", () => new Options()],
  ] as const) {
    const [own, read] = [make(), make()];
    const reading = own instanceof Spot ? readTops(read.handle, read.ids) : readTickers(read.handle);
    const samples = await race(
      [contestant("figures", own, derived(own.handle)), contestant("reading", read, reading)],
      options,
    );
    const row = compare("derived", title, samples, "figures", "reading");
    process.stderr.write(`${title}: ${((row.ns_per_op * own.ids.length) / 1e6).toFixed(2)} ms a second\n`);
    yield row;
  }
}
