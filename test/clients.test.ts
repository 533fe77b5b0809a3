import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generated, TOP } from "../clients/generate.ts";
import {
  DEPTH,
  DepthWriter,
  DerivedWriter,
  EventWriter,
  InstrumentWriter,
  NO_INSTRUMENT,
  RingWriter,
  SCOPE,
  TOP as TOP_REGISTER,
  TopWriter,
  VenueWriter,
} from "../src/log/index.ts";
import {
  FLAG,
  INSTRUMENT_KINDS,
  instrumentOf,
  LONG,
  putMicros,
  putText,
  SIDE,
  SymbolTable,
  VALIDITY,
  REASON,
} from "../src/model/index.ts";
import { createRegion, regionPath } from "../src/store/index.ts";

const SMALL = { slots: 16384, venues: 4, instruments: 8, counters: 4, histograms: 1, readers: 4 };
/** Doubles whose text is hard: borders of plain notation, 17 digits, denormals, integers beyond 2^53, both zeros. */
const NUMBERS = [
  0, -0, 1, -1, 0.1, 1e-6, 9.999999e-7, 1e-7, 1.5e-7, 1e20, 1e21, 1.2345e21, 123456789012345680000, 2 ** 53, 2 ** 53 + 2,
  5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 43210.1, 0.30000000000000004, 1 / 3, 100, 1000000, 0.000001234,
  -12.5, 4.35, 1e16, 1e15, NaN, Infinity, -Infinity,
]; // prettier-ignore

/** Doubles of every size, by their bits. */
function randomDoubles(count: number): number[] {
  const bits = new Int32Array(count * 2);
  let state = 12345;
  for (let i = 0; i < bits.length; i++)
    bits[i] = state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x3ade68b1;
  return [...new Float64Array(bits.buffer)];
}

let dir: string;
let file: string;
let events = 0;

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-clients-"));
  file = regionPath("every", dir);
  write();
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

/** A region with every kind of event, every flag, names that need escaping, ids nobody knows, and hard numbers. */
function write(): void {
  const handle = createRegion({ dir, lane: "every", ...SMALL });
  const { region } = handle;
  const instruments = new InstrumentWriter(region.control, region.instruments);
  const venues = new VenueWriter(region.venues);
  venues.declare(1, "binance");
  venues.declare(300, 'house "venue"');
  for (const kind of INSTRUMENT_KINDS)
    instruments.add(
      1,
      instrumentOf({
        symbol: `SYM-${kind}`,
        canonical: "BTC-USD",
        kind,
        status: "trading",
        tick: 0.1,
        expiry: 1774598400000000,
      }),
    );
  instruments.add(
    300,
    instrumentOf({
      symbol: 'q"b\\s\u0001\t\u2028é',
      canonical: "É-USD",
      contractValue: 100,
      sizeUnit: "quote",
    }),
  );
  const out = new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable());
  putMicros(1700000000125417, out.long, 0);
  out.begin({ lo: out.long[0]! + 999, hi: out.long[1]! });
  fill(out);
  derive(out);
  out.ring.commit();
  tables(new TopWriter(region.top), new DepthWriter(region.depth));
  handle.close();
}

function fill(out: EventWriter): void {
  const emit = (...values: number[]): EventWriter => {
    out.num.fill(NaN);
    out.num.set(values);
    events += 1;
    return out;
  };
  out.venue = 1;
  putMicros(1700000000123000, out.long, LONG.TS);
  putText("18446744073709551615", out.long, LONG.ID);
  for (const number of [...NUMBERS, ...randomDoubles(2000)])
    emit(number, 0.5).trade(events % 7, events % 3, 0);
  for (const flag of Object.values(FLAG)) emit(1, 2).trade(0, SIDE.SELL, flag);
  out.venue = 300;
  emit(1, 2, 3, 4).quote(5, FLAG.INVALID | FLAG.GAP);
  out.venue = 301;
  out.long.fill(0);
  emit(NaN, NaN, 3, 4).quote(77, 0);
  out.venue = 7;
  putText("9007199254740993", out.long, LONG.ID);
  for (let i = 0; i < 300; i++) {
    out.num.set([100 - i / 8, i]);
    out.level(i % 3 === 0 ? SIDE.BID : SIDE.ASK);
  }
  out.hasChecksum = true;
  out.checksum = -1;
  emit().book(1, FLAG.SNAPSHOT | FLAG.RECOVERED);
  out.hasChecksum = false;
  putText("9007199254740992", out.long, LONG.PREV);
  emit().book(2, 0);
  emit(1, NaN, 0.0001, 1700006400000000, 5).ticker(1, 0);
  emit(5, 6, 7).stats(1, 0);
  for (const holes of [[], [5, 6, 7, 12], Array.from({ length: 15 }, (_, i) => i)]) {
    out.option.set(Array.from({ length: 15 }, (_, i) => (holes.includes(i) ? NaN : (i - 7) / 1000)));
    emit().optionTicker(2, FLAG.GAP);
  }
  emit(42.5).index(4, 0);
  emit(43, 44).liquidation(1, SIDE.BUY, 0);
  for (let id = 0; id <= 6; id++) emit().appendInstrument(id);
  for (let state = 0; state < 8; state++) emit().status(3, state, 0);
  for (let state = 0; state < 9; state++)
    emit().appendStatus(SCOPE.BOOK, 1, state, state, state + 1, FLAG.INVALID);
  emit().appendStatus(SCOPE.VENUE, NO_INSTRUMENT, 1, REASON.OPERATOR, 0);
  emit().appendStatus(SCOPE.VENUE, NO_INSTRUMENT, 200, 99, 0);
}

/** Derived events with and without rows, values and known venues. */
function derive({ ring }: EventWriter): void {
  const codes: Record<string, number> = { derived: 65_535, binance: 1, kraken: 7, house: 300, nobody: 999 };
  const writer = new DerivedWriter(ring, (venue) => codes[venue]!);
  const head = {
    venue: "derived",
    symbol: "",
    instrument: null,
    ts_event: 1700000000000000,
    ts_recv: 1700000000125417,
  };
  const none = { bid_price: null, ask_price: null, mid: null, age_us: null };
  const source = { bid_price: 0.1, ask_price: 0.30000000000000004, mid: 0.2, age_us: 1250 };
  const sources = [
    { venue: "binance", ...source, state: "fresh", validity: "live" } as const,
    { venue: "house", ...none, state: "empty", validity: "none" } as const,
    { venue: "nobody", ...source, state: "stale", validity: "stale" } as const,
  ];
  const spot = { type: "spot_mid", ...head, min_age_us: 1250, max_age_us: 2 ** 40 } as const;
  writer.write({ ...spot, mid: 0.2, quality: "suspect", divergence_bps: 1 / 3, fresh: 1, sources }, 0);
  writer.write({ ...spot, mid: null, quality: "degraded", divergence_bps: null, fresh: 0, sources: [] }, 77);
  const points = [90, 100, 110].map(
    (strike) =>
      ({
        strike,
        side: strike < 100 ? "put" : "call",
        iv: strike / 160,
        bid_iv: null,
        ask_iv: 1 / 3,
      }) as const,
  );
  const surface = {
    type: "iv_surface",
    ...head,
    source: "kraken",
    expiry: null,
    index_price: 100.5,
    n_valid_points: 3,
    min_strike: 90,
    max_strike: 110,
    butterfly: 1,
    calendar: 2,
  } as const;
  writer.write(
    { ...surface, forward: null, atm_iv: 0.625, atm_spread_iv: 0.01, quality: "ok", n_points: 300, points },
    1,
  );
  const empty = {
    forward: 101,
    atm_iv: null,
    atm_spread_iv: null,
    quality: "degraded",
    n_points: 0,
  } as const;
  writer.write({ ...surface, ...empty, points: [] }, 5);
  events += 4;
}

function tables(top: TopWriter, depth: DepthWriter): void {
  putMicros(1700000000123000, top.long, TOP_REGISTER.TS_EVENT);
  putMicros(1700000000125417, top.long, TOP_REGISTER.TS_RECV);
  putText("77", top.long, TOP_REGISTER.UPDATE_ID);
  putText("4294967396", top.long, TOP_REGISTER.LOG_SEQ);
  top.num.set([1e-7, 2, 100.5, NaN]);
  top.write(0, VALIDITY.LIVE, REASON.NONE, 3);
  top.write(5, VALIDITY.STALE, REASON.SILENT, 4);
  top.setValidity(4, VALIDITY.HALTED, 99, 1);
  putMicros(1700000000125417, depth.long, DEPTH.TS_RECV);
  putText("9007199254740993", depth.long, DEPTH.SEQ);
  for (let i = 0; i < 100; i++) depth.bids[i] = depth.asks[i] = i + 0.25;
  depth.horizon[DEPTH.ASK_HORIZON] = 1.25;
  depth.write(1, VALIDITY.GAPPED, REASON.SEQUENCE_GAP, 9, 50, 2);
  depth.horizon.fill(NaN);
  depth.write(2, VALIDITY.CROSSED, REASON.UNPROVED, 9, 0, 0);
}

/** Is the program there? In CI it must be. */
function has(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0 || process.env["CI"] !== undefined;
}

const ARGUMENTS = [["--from", "oldest", "--count"], ["--top"], ["--depth"]];
const runs = (): string[][] =>
  ARGUMENTS.map((list) => (list.at(-1) === "--count" ? [...list, String(events)] : list));
const output = (command: string, first: string[]): string[] =>
  runs().map((list) =>
    execFileSync(command, [...first, file, ...list], { encoding: "utf8", cwd: TOP, timeout: 30_000 }),
  );

describe("readers in three languages", () => {
  let expected: string[];
  beforeAll(() => {
    expected = output(process.execPath, ["--import", "tsx", "clients/reader.ts"]);
  });

  it("have something to compare", () => {
    expect(expected.map((text) => text.split("\n").length - 1)).toEqual([events, 3, 2]);
    expect(expected[0]).toContain('"symbol":"q\\"b\\\\s\\u0001\\t\u2028é"');
    expect(expected[0]).toContain('"venue":"house \\"venue\\""');
    expect(expected[0]).toContain('"price":1.7976931348623157e+308,');
  });

  it.skipIf(!has("cc"))("C prints the same text (skipped without a C compiler)", () => {
    const program = path.join(dir, "reader");
    const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program];
    execFileSync("cc", [...flags, path.join(TOP, "clients/c/reader.c"), "-lm"]);
    expect(output(program, [])).toEqual(expected);
  });

  it.skipIf(!has("python3"))("Python prints the same text (skipped without python3)", () => {
    expect(output("python3", ["-B", "clients/python/feedhorn.py"])).toEqual(expected);
  });

  it.skipIf(!has("cc") || !has("python3"))("refuse a file that is no region, in one line", () => {
    fs.writeFileSync(path.join(dir, "other"), "x".repeat(5000));
    const c = spawnSync(path.join(dir, "reader"), [path.join(dir, "other")], { encoding: "utf8" });
    expect([c.status, c.stderr]).toEqual([
      1,
      `${dir}/other: expected a file that begins with FEEDHORN, saw another\n`,
    ]);
    const python = spawnSync("python3", ["-B", "clients/python/feedhorn.py", `${dir}/other`], {
      encoding: "utf8",
      cwd: TOP,
    });
    expect(python.stderr).toContain("expected a region, saw another file");
  });
});

describe("generated files", () => {
  it.each(Object.entries(generated()))("%s is what the layout says (npm run generate)", (name, text) => {
    expect(fs.readFileSync(path.join(TOP, name), "utf8")).toBe(text);
  });

  it("keep the readers short", () => {
    for (const name of [
      "c/reader.c",
      "c/feedhorn_reader.h",
      "python/feedhorn.py",
      "python/feedhorn_region.py",
    ])
      expect(
        fs.readFileSync(path.join(TOP, "clients", name), "utf8").split("\n").length - 1,
      ).toBeLessThanOrEqual(150);
  });
});
