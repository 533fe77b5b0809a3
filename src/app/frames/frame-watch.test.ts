import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CounterWriter, readCounters } from "../../log/index.ts";
import { encodeText } from "../../model/index.ts";
import { heapRegion } from "../../store/index.ts";
import { LaneFrames, frameLine } from "./frame-watch.ts";
import { createLog } from "../log.ts";
import { readFrames } from "./frames-file.ts";
import { UnknownFrames, pathOf } from "./unknown-frames.ts";

const TRADE =
  '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":1.5,"qty":2,"ord_type":"market","trade_id":7,"timestamp":"2026-10-05T09:12:46.100001Z"}]}';

function watch(drift = true): {
  frames: LaneFrames;
  told: string[];
  counted: () => string[];
  kept: string[];
} {
  const { region } = heapRegion({ lane: "watch", slots: 512, instruments: 16 });
  const counters = new CounterWriter(region.counters);
  const told: string[] = [];
  const kept: string[] = [];
  const frames = new LaneFrames({
    drift,
    keep: (venue, ts, bytes) => void kept.push(`${venue} ${ts} ${bytes.length}`),
    counters: () => counters,
    report: (level, message, facts) => void told.push(`${level} ${message} ${JSON.stringify(facts)}`),
  });
  const counted = (): string[] => readCounters(region.counters).map((row) => `${row.labels} ${row.value}`);
  return { frames, told, counted, kept };
}

describe("LaneFrames", () => {
  it("knows a venue's frames from its table, and tells and counts what has changed, once", () => {
    const { frames, told, counted } = watch();
    const changed = TRADE.replace('"price":1.5', '"price":"1.5"').replace('"qty"', '"venue_fee":1,"qty"');
    for (const text of [TRADE, changed, changed, TRADE, "not json"]) {
      frames.sample("kraken", "trade", text);
      frames.tick();
    }
    expect(told).toEqual([
      'warn the venue\'s frames have changed {"venue":"kraken","channel":"trade","path":"data[].price","what":"changed_type","expected":"number","seen":"string"}',
      'warn the venue\'s frames have changed {"venue":"kraken","channel":"trade","path":"data[].venue_fee","what":"unknown_field","expected":"no such field","seen":"number"}',
    ]);
    expect(counted()).toEqual([
      'venue="kraken",channel="trade",kind="changed_type" 1',
      'venue="kraken",channel="trade",kind="unknown_field" 1',
    ]);
  });

  it("gives each kind of event its turn, however busy another is, and judges the youngest sample of it", () => {
    const { frames, told } = watch();
    for (let i = 0; i < 1000; i++) frames.sample("kraken", "trade", TRADE);
    frames.sample("binance", "trade", '{"data":{"old":1}}');
    frames.sample("binance", "trade", '{"data":{"young":1}}');
    for (let i = 0; i < 2; i++) {
      frames.tick();
      frames.sample("kraken", "trade", TRADE);
    }
    expect(told.map((line) => (JSON.parse(line.slice(line.indexOf("{"))) as { path: string }).path)).toEqual([
      "data.young",
    ]);
  });

  it("names what has changed in a frame that nobody could read, by the kind that it is most like", () => {
    const { frames, told, counted } = watch();
    const renamed = TRADE.replace('"qty"', '"quantity"');
    for (const text of [renamed, '{"of":"no kind"}', "not json"]) {
      frames.unread("kraken", encodeText(text), { hi: 0, lo: 0 });
      frames.tick();
    }
    expect(told).toEqual([
      'warn the venue\'s frames have changed {"venue":"kraken","channel":"trade","path":"data[].quantity","what":"unknown_field","expected":"no such field","seen":"number"}',
    ]);
    expect(counted()).toEqual(['venue="kraken",channel="trade",kind="unknown_field" 1']);
  });

  it("judges nothing when told so, holds few samples, and hands on few frames a second", () => {
    const off = watch(false);
    off.frames.sample("kraken", "trade", "{}");
    off.frames.tick();
    const full = watch();
    for (let i = 0; i < 500; i++) full.frames.sample("kraken", `made up ${i}`, `{"a":${i}}`);
    for (let i = 0; i < 500; i++) full.frames.unread("kraken", new Uint8Array(3), { hi: 0, lo: 5 });
    for (let i = 0; i < 500; i++) full.frames.tick();
    expect([off.told, off.counted(), full.told, full.kept.length < 45, full.kept[0]]).toEqual([
      [],
      [],
      [],
      true,
      "kraken 5 3",
    ]);
  });
});

describe("UnknownFrames", () => {
  let dir = "";
  let file = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "feedhorn-unknown-"));
    file = join(dir, "deep", "unknown.jsonl");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const log = createLog({ level: "silent" });

  it("keeps frames as a frames file of each venue, text or bytes", async () => {
    const keeper = new UnknownFrames(file, 65_536, log);
    keeper.keep("kraken", "1787644800016505004", encodeText('{"what":"is\\nthis"}'));
    keeper.keep("kraken", "1787644800016505005", Uint8Array.from([0xff, 0x00, 0xc3]));
    keeper.keep("okx", "1", encodeText("x"));
    const read: unknown[] = [];
    const bytes = readFileSync(pathOf(file, "kraken"));
    await readFrames(
      (async function* () {
        yield bytes;
      })(),
      {
        header: (header) => void read.push(header),
        frame: ({ dir: way, bytes: own, start, end }) => void read.push([way, [...own.subarray(start, end)]]),
        bad: (line, reason) => void read.push([line, reason]),
      },
    );
    expect(read).toEqual([
      { format: "frames/1", venue: "kraken" },
      ["in", [...encodeText('{"what":"is\\nthis"}')]],
      ["in", [0xff, 0x00, 0xc3]],
    ]);
    expect(statSync(pathOf(file, "okx")).size).toBeGreaterThan(0);
  });

  it("never takes more than it may, and keeps the newest", () => {
    const keeper = new UnknownFrames(file, 65_536, log);
    const size = (suffix: string): number =>
      statSync(pathOf(file, "kraken") + suffix, { throwIfNoEntry: false })?.size ?? 0;
    for (let i = 0; i < 500; i++) {
      keeper.keep("kraken", String(i), encodeText(`frame ${i} ${"x".repeat(500)}`));
      expect(size("") + size(".old")).toBeLessThanOrEqual(65_536);
    }
    expect(readFileSync(pathOf(file, "kraken"), "utf8")).toContain("frame 499 ");
    expect(readFileSync(`${pathOf(file, "kraken")}.old`, "utf8")).toMatch(/^\{"format":"frames\/1"/);
    const again = new UnknownFrames(file, 65_536, log);
    const before = size("");
    again.keep("kraken", "1", encodeText("after a restart"));
    expect(size("")).toBe(before + frameLine("1", encodeText("after a restart")).length);
  });

  it("gives up on a file that cannot be written, without a throw", () => {
    const keeper = new UnknownFrames(join(dir, "none", "deep", "unknown.jsonl"), 65_536, log);
    expect(() => keeper.keep("kraken", "1", new Uint8Array(1))).not.toThrow();
  });
});
