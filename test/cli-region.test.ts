import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  LAYOUT_VERSION,
  CounterWriter,
  DepthWriter,
  EventWriter,
  InstrumentWriter,
  readReaders,
  RingWriter,
  SCOPE,
  TopWriter,
  VenueWriter,
} from "../src/log/index.ts";
import {
  FLAG,
  instrumentOf,
  LONG,
  NUM,
  putMicros,
  REASON,
  SIDE,
  SymbolTable,
  VALIDITY,
} from "../src/model/index.ts";
import { createRegion, wallClock } from "../src/store/index.ts";
import type { RegionHandle } from "../src/store/index.ts";
import { run, start, call, events, dir } from "./cli-rig.ts";

const SIZES = { slots: 512, venues: 2, instruments: 4, counters: 4, histograms: 1, readers: 4 };

/** A gateway as its readers see it. */
class Gateway {
  readonly handle: RegionHandle;
  readonly #out: EventWriter;
  #time = 1_700_000_000_000_000;

  constructor(lane: string) {
    this.handle = createRegion({ dir, lane, ...SIZES });
    const { region } = this.handle;
    this.#out = new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable());
    this.#out.venue = 1;
    const venues = new VenueWriter(region.venues);
    venues.write(venues.declare(1, "binance"), 1, VALIDITY.LIVE, 2, 3, wallClock());
    const instruments = new InstrumentWriter(region.control, region.instruments);
    for (const base of ["BTC", "ETH"])
      instruments.add(1, instrumentOf({ symbol: `${base}USDT`, canonical: `${base}-USDT`, tick: 0.01 }));
  }

  get path(): string {
    return this.handle.path!;
  }

  write(emit: (out: EventWriter) => void): void {
    const out = this.#out;
    const halves = new Int32Array(2);
    putMicros((this.#time += 1000), halves, 0);
    out.begin({ lo: halves[0]!, hi: halves[1]! });
    out.num.set([100, 1.5, 101, 2]);
    out.long.fill(0);
    out.long[LONG.ID] = 7;
    emit(out);
    out.endFrame();
    out.ring.commit();
  }

  trade(id: number, price: number): void {
    this.write((out) => {
      out.num[NUM.PRICE] = price;
      out.trade(id, SIDE.BUY, 0);
    });
  }

  /** Nine slots: two trades, a book of two levels, its state, a quote, a second instrument's trade. */
  fill(): void {
    this.trade(0, 100);
    this.write((out) => {
      out.level(SIDE.BID);
      out.num.set([101, 2]);
      out.level(SIDE.ASK);
      out.book(0, FLAG.SNAPSHOT);
    });
    this.write((out) => out.appendStatus(SCOPE.BOOK, 0, VALIDITY.LIVE, REASON.STARTING, 1));
    this.write((out) => out.quote(0, 0));
    this.trade(1, 50);
    this.trade(0, 102);
  }

  tables(validity: number): void {
    const { region } = this.handle;
    const top = new TopWriter(region.top);
    top.num.set([100, 1.5, 101, 2]);
    top.write(0, validity, REASON.NONE, 1);
    const depth = new DepthWriter(region.depth);
    depth.bids.set([100, 1.5, 99, 3]);
    depth.asks.set([101, 2]);
    depth.horizon[1] = 101;
    depth.write(0, validity, REASON.UNPROVED, 1, 2, 1);
    const counters = new CounterWriter(region.counters);
    counters.set(counters.declare({ name: "frames_total", labels: "", unit: "", help: "frames read" }), 12);
  }

  /** Whether a reader of this name is listed and has polled. */
  lists(name: string): boolean {
    return readReaders(this.handle.region.readers).some((row) => row.name === name && row.lastPoll > 0);
  }
}

describe("a lane's region", () => {
  let gateway: Gateway;
  let lane = "";
  let number = 0;
  beforeEach(() => {
    lane = `lane${(number += 1)}`;
    gateway = new Gateway(lane);
  });
  afterEach(() => {
    gateway.handle.close();
    rmSync(gateway.path);
  });

  it("is found by name, by path, or because it is the only one", () => {
    gateway.fill();
    const want = run(["tail", "--from", "oldest"]);
    expect([want.status, want.stderr, events(want.stdout).length]).toEqual([0, "", 6]);
    expect(run(["tail", lane, "--from", "oldest"]).stdout).toBe(want.stdout);
    expect(run(["tail", gateway.path, "--from", "oldest"]).stdout).toBe(want.stdout);
    const other = new Gateway("other");
    const both = run(["tail"]);
    other.handle.close();
    rmSync(other.path);
    expect([both.status, both.stdout]).toEqual([2, ""]);
    expect(both.stderr).toContain(`expected the name of one of its lanes: ${lane} other`);
  });

  it.each([
    [["tail", "no such lane"], 2, "lane name: expected 1 to 56 letters"],
    [["tail", "nosuchlane"], 1, "expected an existing region, saw none; start its writer or check the path"],
    [["tail", "--from", "tail"], 2, '--from: expected head or oldest, saw "tail"'],
    [["tail", "--type", "trades"], 2, "--type: expected trade, quote, book, ticker"],
    [["tail", "--symbol", ""], 2, '--symbol: expected words by comma, saw ""'],
    [["tail", "--count", "-1"], 2, '--count: expected a whole number from 1 on, saw "-1"'],
    [["inspect", "--table", "tops"], 2, "--table: expected top, depth, instruments"],
    [["inspect", "--slots", "x"], 2, '--slots: expected a whole number from 1 on, saw "x"'],
    [["inspect", "--slots", "1", "--table", "top"], 2, "expected --slots or --table, not both"],
    [["lag", "nosuchlane"], 1, "expected an existing region"],
    [["verify", "nosuchlane"], 1, "expected an existing region"],
  ])("%j ends with %d and one line", async (args, code, words) => {
    vi.stubEnv("FEEDHORN_DIR", dir);
    const { status, stdout, stderr } = await call(args);
    vi.unstubAllEnvs();
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("tail prints what the ring holds, with the validity that held when it was written", () => {
    gateway.tables(VALIDITY.LIVE);
    gateway.fill();
    gateway.write((out) => out.appendStatus(SCOPE.BOOK, 1, VALIDITY.STALE, REASON.SILENT, 2));
    const { stdout } = run(["tail", lane, "--from", "oldest"]);
    expect(events(stdout).map(({ type, symbol, validity }) => [type, symbol, validity])).toEqual([
      ["trade", "BTCUSDT", null],
      ["book", "BTCUSDT", null],
      ["status", "BTCUSDT", undefined],
      ["quote", "BTCUSDT", "live"],
      ["trade", "ETHUSDT", null],
      ["trade", "BTCUSDT", "live"],
      ["status", "ETHUSDT", undefined],
    ]);
    expect(events(stdout)[5]).toEqual({
      type: "trade",
      venue: "binance",
      symbol: "BTCUSDT",
      instrument: "BTC-USDT",
      id: "7",
      price: 102,
      size: 1.5,
      side: "buy",
      ts_event: null,
      ts_recv: 1_700_000_000_006_000,
      validity: "live",
      reason: "starting",
    });
  });

  it("tail takes the table's word for books that did not change meanwhile", () => {
    gateway.tables(VALIDITY.GAPPED);
    gateway.trade(0, 100);
    expect(events(run(["tail", lane, "--from", "oldest"]).stdout)).toMatchObject([{ validity: "gapped" }]);
  });

  it("tail prints only what is asked for", () => {
    gateway.fill();
    const kinds = (...args: string[]): string[] =>
      events(run(["tail", lane, "--from", "oldest", ...args]).stdout).map(
        ({ type, symbol }) => `${type} ${symbol}`,
      );
    expect(kinds("--type", "trade,quote", "--symbol", "BTC-USDT")).toEqual([
      "trade BTCUSDT",
      "quote BTCUSDT",
      "trade BTCUSDT",
    ]);
    expect(kinds("--symbol", "ETHUSDT")).toEqual(["trade ETHUSDT"]);
    expect(kinds("--count", "2")).toEqual(["trade BTCUSDT", "book BTCUSDT"]);
    expect(kinds("--venue", "okx")).toEqual([]);
  });

  it("tail follows from the head, is listed meanwhile, and leaves the list", async () => {
    gateway.tables(VALIDITY.LIVE);
    gateway.trade(0, 1);
    const { ended, until } = start("tail", lane, "--count", "3");
    await until(() => gateway.lists("tail"));
    for (const price of [2, 3, 4, 5]) gateway.trade(0, price);
    const { status, stdout, stderr } = await ended;
    expect([status, stderr]).toEqual([0, ""]);
    expect(events(stdout).map((event) => [event.type === "trade" && event.price, event.validity])).toEqual([
      [2, "live"],
      [3, "live"],
      [4, "live"],
    ]);
    expect(readReaders(gateway.handle.region.readers)).toEqual([]);
  });

  it("tail says what it lost: printed and lost are all that was written", async () => {
    const { child, ended, until } = start("tail", lane);
    await until(() => gateway.lists("tail"));
    child.kill("SIGSTOP");
    await setTimeout(50);
    for (let i = 0; i < 2000; i++) gateway.trade(0, i);
    child.kill("SIGCONT");
    await until(() => readReaders(gateway.handle.region.readers)[0]?.cursor === 2000);
    child.kill("SIGINT");
    const { status, stdout, stderr } = await ended;
    const lost = Number(/^lost (\d+) slots \(\1 in all\)/.exec(stderr)![1]);
    expect(lost).toBeGreaterThan(1400);
    expect([status, events(stdout).length + lost]).toEqual([0, 2000]);
  });

  it("inspect shows header, tables and slots, as text and as JSON", () => {
    gateway.tables(VALIDITY.LIVE);
    gateway.fill();
    const { status, stdout } = run(["inspect", lane]);
    expect(status).toBe(0);
    expect(stdout).toContain(`region     ${gateway.path}, `);
    expect(stdout).toMatch(new RegExp(`writer     process ${process.pid}, alive, epoch 1\n`));
    expect(stdout).toContain("ring       512 slots, head 7, claim 64, oldest 0\n");
    expect(stdout).toMatch(/\nbinance +trading +live +2 +3 +\d/);
    expect(stdout).toMatch(/\nbinance +BTC-USDT +live +- +1\.5 +100 +101 +2 +never\n/);
    const whole = JSON.parse(run(["inspect", lane, "--json"]).stdout) as Record<string, unknown>;
    expect(whole).toMatchObject({
      lane,
      layout: { version: LAYOUT_VERSION },
      writer: { pid: process.pid, alive: true, epoch: 1 },
      ring: { slots: 512, head: "7", claim: "64", oldest: "0" },
      instruments: 2,
      venues: [{ id: "binance", connections_up: 2, reconnects: 3 }],
      top: [{ instrument: "BTC-USDT", validity: "live", bid_price: 100, ask_price: 101 }],
    });
    const table = (...args: string[]): unknown[] =>
      events(run(["inspect", lane, "--json", "--table", ...args]).stdout);
    expect(table("depth", "--symbol", "BTC-USDT")).toMatchObject([
      {
        bids: [
          [100, 1.5],
          [99, 3],
        ],
        asks: [[101, 2]],
        bid_horizon: null,
        ask_horizon: 101,
        reason: "unproved",
      },
    ]);
    expect(table("depth", "--symbol", "ETH-USDT")).toEqual([]);
    expect(table("instruments")).toMatchObject([{ symbol: "BTCUSDT", tick: 0.01 }, { symbol: "ETHUSDT" }]);
    expect(table("counters")).toMatchObject([{ name: "frames_total", value: 12 }]);
    expect(run(["inspect", lane, "--table", "depth"]).stdout).toBe(
      [
        "venue    instrument  validity     level  bid size  bid  ask  ask size",
        "binance  BTC-USDT    live             1       1.5  100  101         2",
        "binance  BTC-USDT    live             2         3   99    -         -",
        "binance  BTC-USDT    live      known to         -    -  101         -\n",
      ].join("\n"),
    );
    expect(events(run(["inspect", lane, "--slots", "4", "--json"]).stdout)).toMatchObject([
      {
        slot: "3",
        kind: "status",
        flags: "last",
        scope: "book",
        state: "live",
        reason: "starting",
        epoch: 1,
      },
      { slot: "4", kind: "quote", venue: "binance", instrument: "BTC-USDT", bid_price: 100, ask_size: 2 },
      { slot: "5", kind: "trade", instrument: "ETH-USDT", price: 50, id: "7", side: "buy" },
      { slot: "6", kind: "trade", price: 102 },
    ]);
  });

  it("lag shows every reader: cursor, slots behind, slots lost", async () => {
    expect(run(["lag", lane]).stdout).toBe("no readers are listed\n");
    const { child, ended, until } = start("tail", lane);
    await until(() => gateway.lists("tail"));
    child.kill("SIGSTOP");
    await setTimeout(50);
    gateway.fill();
    expect(events(run(["lag", lane, "--json"]).stdout)).toMatchObject([
      { name: "tail", pid: child.pid, alive: true, cursor: "0", lag: 7, lost: 0, wait: "timer" },
    ]);
    expect(run(["lag", lane]).stdout).toMatch(
      new RegExp(
        `^reader +reads +pid +state +cursor +lag +lost +waits +last look\ntail +ring +${child.pid} +alive +0 +7 +0 +timer +[\\d.]+ m?s ago\n$`,
      ),
    );
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    expect((await ended).status).toBe(0);
  });

  it("verify finds nothing in a sound region, and names what is wrong in a damaged one", () => {
    gateway.tables(VALIDITY.LIVE);
    gateway.fill();
    expect(run(["verify", lane])).toMatchObject({
      status: 0,
      stdout: "7 slots read, 0 passed unread\n3 trade, 1 book, 1 status, 1 quote\nnothing wrong\n",
    });
    gateway.handle.region.slots.u8[0] = 99;
    const wrong = run(["verify", lane, "--json"]);
    expect(wrong.status).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      path: gateway.path,
      findings: 1,
      lines: ["slot 0: expected a known kind, saw 99"],
    });
    expect(wrong.stderr).toBe(`error: ${gateway.path}: 1 findings\n`);
  });

  it("is refused when it is cut or of somebody else", () => {
    const [cut, foreign] = [join(dir, "cut.region"), join(dir, "foreign.region")];
    const whole = new Gateway("cut");
    whole.handle.close();
    truncateSync(cut, 100_000);
    writeFileSync(foreign, "x".repeat(10_000));
    for (const tool of ["tail", "inspect", "lag", "verify"]) {
      const [first, second] = [run([tool, cut]), run([tool, foreign])];
      expect([first.status, first.stdout, second.status, second.stdout]).toEqual([1, "", 1, ""]);
      expect(first.stderr).toMatch(/saw 100000; delete the file and start the writer again\n$/);
      expect(second.stderr).toContain("expected a file that begins with FEEDHORN");
    }
    rmSync(cut);
    rmSync(foreign);
  });
});
