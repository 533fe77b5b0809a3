import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventWriter, InstrumentWriter, RingWriter } from "../../log/index.ts";
import { LONG, NUM, SIDE, SymbolTable, instrumentOf, putNumber } from "../../model/index.ts";
import { CursorFile, JournalWriter, createRegion, journalFolder } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import { checkConfig } from "../config.ts";
import { SinkRunner } from "./runner.ts";

const PATIENT = { timeout: 20_000, interval: 5 };

let dir = "";
let lane: Lane;
let runner: SinkRunner | null = null;
let running: Promise<void> = Promise.resolve();
const reports: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-runner-"));
  lane = new Lane();
  reports.length = 0;
});
afterEach(async () => {
  runner?.stop({});
  await running;
  runner = null;
  lane.handle.close();
  rmSync(dir, { recursive: true });
});

/** A lane in a file, with its journal in the same thread. */
class Lane {
  readonly handle: RegionHandle = createRegion({
    lane: "x",
    dir,
    slots: 1024,
    instruments: 16,
    maxStallMs: 0,
  });
  readonly journal = new JournalWriter(journalFolder(dir, "x"), "x", { fsyncMs: 1000 });
  readonly #ring = new RingWriter(
    this.handle.region.control,
    this.handle.region.slots,
    this.handle.region.bell,
  );
  readonly #out = new EventWriter(this.#ring, new SymbolTable());
  count = 0;

  constructor() {
    const { region } = this.handle;
    const instruments = new InstrumentWriter(region.control, region.instruments);
    for (const canonical of ["BTC-USD", "ETH-USD"])
      instruments.add(3, instrumentOf({ symbol: canonical, canonical }));
    this.#out.venue = 3;
    this.journal.attach(this.handle);
  }

  /** Trades, by turns of two instruments; the journal copies them at once unless told otherwise. */
  trades(count: number, copy = true): void {
    for (let i = 0; i < count; i++) {
      this.#out.begin({ lo: this.count, hi: 4e8 });
      this.#out.num.set([100, 1], NUM.PRICE);
      putNumber(this.count, this.#out.long, LONG.ID);
      this.#out.trade(this.count % 2, SIDE.BUY, 0);
      this.#out.endFrame();
      this.#ring.commit();
      this.count++;
      if (copy && i % 64 === 0) this.copy();
    }
    if (copy) this.copy();
  }

  copy(): void {
    while (this.journal.poll() > 0);
  }
}

function start(sink: object): SinkRunner {
  const config = checkConfig(
    {
      lanes: [{ name: "x", feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }] }],
      data: { dir },
      sinks: [{ type: "ndjson", flush_ms: 20, ...sink }],
    },
    "test",
  );
  const lanes = [{ name: "x", path: lane.handle.path }];
  const data = { sink: config.sinks[0]!, lanes, dir, journal: true, secrets: {} };
  runner = new SinkRunner(data, (level, message) => void reports.push(`${level} ${message}`));
  const made = runner;
  running = made.claim().then(() => made.run());
  return made;
}

/** Ids of the trades written, and the holes told of. */
function written(): { ids: number[]; holes: [number, number][] } {
  const folder = join(dir, "ndjson/x");
  const lines = readdirSync(folder)
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as { type: string; id: string; log_seq: number; slots: number });
  return {
    ids: lines.filter(({ type }) => type === "trade").map(({ id }) => Number(id)),
    holes: lines.filter(({ type }) => type === "hole").map(({ log_seq: at, slots }) => [at, slots]),
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

describe("a lossless sink", () => {
  it("writes what was there before it, what comes, and the rest when it is stopped; its cursor tells", async () => {
    lane.trades(3000);
    const one = start({});
    await expect.poll(() => one.standing().marks["x"], PATIENT).toBe(3000);
    expect(one.standing()).toMatchObject({ state: "connected", lagSlots: 0, lost: 0, failures: 0 });
    lane.trades(500);
    one.stop({ x: 3500 });
    await running;
    expect(written()).toEqual({ ids: range(0, 3500), holes: [] });
    expect(new CursorFile(journalFolder(dir, "x"), "ndjson").read()).toBe(3500);
    expect(one.standing()).toMatchObject({ lagSlots: 0, written: 3500 });
  });

  it("is degraded, then down while it cannot be opened, and then writes everything it missed", async () => {
    writeFileSync(join(dir, "ndjson"), "in the way");
    const one = start({});
    await expect.poll(() => one.standing().state, PATIENT).toBe("degraded");
    await expect.poll(() => one.standing().state, PATIENT).toBe("down");
    expect(one.standing().reason).toMatch(/EEXIST|ENOTDIR/);
    expect(reports).toEqual(["warn sink failed, trying again from its last mark"]);
    lane.trades(2500);
    rmSync(join(dir, "ndjson"));
    one.stop({ x: 2500 });
    await running;
    expect(one.standing()).toMatchObject({ state: "connected", reason: null, lagSlots: 0 });
    expect(written().ids).toEqual(range(0, 2500));
  });

  it("refuses to go on where another log has been: its keys would be given twice", async () => {
    const folder = join(dir, "ndjson", "x");
    mkdirSync(folder, { recursive: true });
    const line = '{"lane":"x","log_seq":5000,"slots":1,"type":"trade"}\n';
    writeFileSync(join(folder, "0000000000005000.ndjson"), line);
    lane.trades(100);
    const one = start({});
    await expect.poll(() => one.standing().state, PATIENT).toBe("degraded");
    expect(one.standing().reason).toBe(
      "lane x: expected its log to reach what is written already (up to 5001), saw it end at 100: it began anew. " +
        "Empty what the sink has of this lane, or give the lane another name",
    );
    rmSync(folder, { recursive: true });
    one.stop({ x: 100 });
    await running;
    expect(written().ids).toEqual(range(0, 100));
  });

  it("names what nobody has any more", async () => {
    lane.trades(100);
    lane.trades(2000, false);
    lane.copy();
    const one = start({});
    await expect.poll(() => one.standing().marks["x"], PATIENT).toBe(2100);
    const { ids, holes } = written();
    expect(holes).toHaveLength(1);
    const [[first, slots]] = holes as [[number, number]];
    expect(ids).toEqual([...range(0, first), ...range(first + slots, 2100)]);
    expect([first, one.standing().lost]).toEqual([100, slots]);
  });

  it("waits until another process of it is gone", async () => {
    const one = start({});
    await expect.poll(() => one.standing().state, PATIENT).toBe("connected");
    const [before, first] = [running, one];
    const second = start({});
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(second.standing().state).toBe("starting");
    first.stop({});
    await before;
    await expect.poll(() => second.standing().state, PATIENT).toBe("connected");
  });
});

describe("a sink that may lose", () => {
  it("lapped: gets what comes from now on, and counts what it missed", async () => {
    lane.trades(300);
    const one = start({ delivery: "lapped" });
    await expect.poll(() => one.standing().state, PATIENT).toBe("connected");
    lane.trades(50);
    await expect.poll(() => one.standing().written, PATIENT).toBe(50);
    lane.trades(5000, false);
    one.stop({ x: 5350 });
    await running;
    const { ids } = written();
    expect(ids.slice(0, 50)).toEqual(range(300, 350));
    expect(ids.at(-1)).toBe(5349);
    expect(one.standing().lost).toBe(5050 - ids.length);
    expect(one.standing().lost).toBeGreaterThan(1000);
  });

  it("latest: gets the newest of every kind and instrument", async () => {
    mkdirSync(join(dir, "ndjson"));
    const one = start({ delivery: "latest" });
    await expect.poll(() => one.standing().state, PATIENT).toBe("connected");
    lane.trades(200, false);
    one.stop({ x: 200 });
    await running;
    expect(written().ids).toEqual([198, 199]);
    expect(one.standing()).toMatchObject({ written: 2, conflated: 198, lost: 0 });
  });
});
