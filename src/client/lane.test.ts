import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  DEPTH,
  DepthWriter,
  EventWriter,
  InstrumentWriter,
  readReaders,
  RingWriter,
  TopWriter,
} from "../log/index.ts";
import { instrumentOf, REASON, SymbolTable, VALIDITY } from "../model/index.ts";
import type { MarketEvent } from "../model/index.ts";
import { createRegion } from "../store/index.ts";
import type { RegionHandle } from "../store/index.ts";
import { openLane } from "./lane.ts";
import { depthLines, topLines } from "./rows.ts";

const SMALL = { slots: 512, venues: 2, instruments: 4, counters: 4, histograms: 1, readers: 4 };
let dir: string;
let gateway: Gateway;

interface Gateway {
  handle: RegionHandle;
  trade(...prices: number[]): void;
}

function start(): Gateway {
  const handle = createRegion({ dir, lane: "main", ...SMALL });
  const { region } = handle;
  const out = new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable());
  out.venue = 1;
  return {
    handle,
    trade(...prices) {
      for (const price of prices) {
        out.num[0] = price;
        out.num[1] = 1;
        out.trade(0, 1, 0);
      }
      out.ring.commit();
    },
  };
}

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-lane-"));
  gateway = start();
  const { control, instruments } = gateway.handle.region;
  new InstrumentWriter(control, instruments).add(
    1,
    instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT" }),
  );
});
afterEach(() => {
  gateway.handle.close();
  fs.rmSync(dir, { recursive: true });
});

const price = (event: MarketEvent): number | null => (event.type === "trade" ? event.price : null);

it("polls events from the head or from the oldest", () => {
  gateway.trade(1, 2);
  const late = openLane("main", { dir });
  const early = openLane("main", { dir, from: "oldest" });
  gateway.trade(3);
  const seen: (number | null)[][] = [[], []];
  expect(late.poll((event) => seen[0]!.push(price(event)))).toBe(1);
  expect(early.poll((event) => seen[1]!.push(price(event)))).toBe(3);
  expect(seen).toEqual([[3], [1, 2, 3]]);
  late.seek(1);
  late.poll((event) => seen[0]!.push(price(event)));
  expect([seen[0], late.cursor, late.lost, late.lag]).toEqual([[3, 2, 3], 3, 0, 0]);
  late.close();
  early.close();
});

it("follows over a restart of the gateway and over a replaced file", { timeout: 10_000 }, async () => {
  const lane = openLane("main", { dir, name: "test" });
  const seen: (number | null)[] = [];
  const step = [
    () => gateway.trade(2),
    () => {
      gateway.handle.close();
      gateway = start();
      gateway.trade(3);
    },
    () => {
      gateway.handle.close();
      fs.rmSync(gateway.handle.path!);
      gateway = start();
      gateway.trade(4);
    },
  ];
  gateway.trade(1);
  for await (const event of lane.follow()) {
    seen.push(price(event));
    if (seen.length === 3) expect([lane.epoch, lane.cursor]).toEqual([2, 3]);
    if (seen.length === 4) break;
    step[seen.length - 1]!();
  }
  expect([seen, lane.moves, lane.lost]).toEqual([[1, 2, 3, 4], 1, 0]);
  lane.close();
});

it("ends with its signal and leaves the readers table", async () => {
  const lane = openLane("main", { dir, name: "my bot" });
  const { readers } = gateway.handle.region;
  gateway.trade(1);
  const stop = new AbortController();
  for await (const event of lane.follow({ signal: stop.signal, idleMs: 0 })) {
    expect(price(event)).toBe(1);
    expect(readReaders(readers)).toMatchObject([{ pid: process.pid, name: "my bot", cursor: 1, lost: 0 }]);
    stop.abort();
  }
  lane.close();
  expect(readReaders(readers)).toEqual([]);
});

it("counts what it was too slow for", () => {
  const lane = openLane("main", { dir });
  for (let i = 0; i < 2000; i++) gateway.trade(i);
  const seen: (number | null)[] = [];
  lane.poll((event) => seen.push(price(event)));
  expect(seen.length + lane.lost).toBe(2000);
  expect(seen[0]).toBe(lane.lost);
  lane.close();
});

it("reads tables by instrument", () => {
  const lane = openLane("main", { dir });
  const { region } = gateway.handle;
  const id = lane.find("BTC-USDT", "binance")!;
  expect([id, lane.find("BTCUSDT"), lane.find("BTC-USDT", "kraken"), lane.top(id), lane.depth(id)]).toEqual([
    0,
    0,
    null,
    null,
    null,
  ]);
  const top = new TopWriter(region.top);
  top.num.set([1, 2, 3, NaN]);
  top.write(id, VALIDITY.LIVE, 0, 1);
  const depth = new DepthWriter(region.depth);
  depth.bids.set([1, 2]);
  depth.horizon[DEPTH.BID_HORIZON] = 99;
  depth.write(id, VALIDITY.STALE, REASON.SILENT, 2, 1, 0);
  expect(lane.top(id)?.bidPrice).toBe(1);
  const names = '"venue":"binance","symbol":"BTCUSDT","instrument":"BTC-USDT"';
  expect(topLines(lane).map((line) => JSON.stringify(line))).toEqual([
    `{"type":"top",${names},"bid_price":1,"bid_size":2,"ask_price":3,"ask_size":null,"update_id":null,` +
      '"validity":"live","reason":"none","epoch":1,"ts_event":null,"ts_recv":0,"log_seq":"0"}',
  ]);
  expect(depthLines(lane).map((line) => JSON.stringify(line))).toEqual([
    `{"type":"depth",${names},"bids":[[1,2]],"asks":[],"bid_horizon":99,"ask_horizon":null,"seq":null,` +
      '"validity":"stale","reason":"silent","epoch":2,"ts_event":null,"ts_recv":0,"log_seq":"0"}',
  ]);
  lane.close();
});
