import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EventWriter,
  HEADER,
  LAYOUT_VERSION,
  InstrumentWriter,
  Region,
  RingReader,
  RingWriter,
  sectionsOf,
} from "../log/index.ts";
import { instrumentOf, SymbolTable } from "../model/index.ts";
import {
  createRegion,
  discardOldRegion,
  heapRegion,
  openRegion,
  processAlive,
  regionPath,
  stillThere,
} from "./region.ts";
import { RegionError } from "./region-error.ts";

const SMALL = { slots: 512, venues: 2, instruments: 4, counters: 4, histograms: 1, readers: 2 };
let dir: string;

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-region-"));
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

function problem(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(RegionError);
    expect((error as RegionError).message).not.toContain("\n");
    return (error as RegionError).code;
  }
  return "none";
}

function writeTrades(region: Region, count: number): RingWriter {
  const ring = new RingWriter(region.control, region.slots);
  const out = new EventWriter(ring, new SymbolTable());
  for (let i = 0; i < count; i++) out.trade(i, 1, 0);
  ring.commit();
  return ring;
}

describe("a region file", () => {
  it("carries slots from a writer's mapping to a reader's", () => {
    const writer = createRegion({ dir, lane: "first", ...SMALL });
    const reader = openRegion(regionPath("first", dir));
    const follow = new RingReader(reader.region.control, reader.region.slots);
    writeTrades(writer.region, 3);
    const seen: number[] = [];
    expect(follow.poll((slots, word) => seen.push(slots.i32[word + 1]!))).toBe(3);
    expect(seen).toEqual([0, 1, 2]);
    expect([writer.resumed, reader.region.lane, reader.listable]).toEqual([false, "first", true]);
    expect(reader.region.writerPid).toBe(process.pid);
    expect(fs.statSync(regionPath("first", dir)).mode & 0o777).toBe(0o644);
    writer.close();
  });

  it("goes on after its writer: sequence, epoch, instruments", () => {
    const first = createRegion({ dir, lane: "again", ...SMALL });
    new InstrumentWriter(first.region.control, first.region.instruments).add(
      1,
      instrumentOf({ symbol: "A", canonical: "A-B" }),
    );
    writeTrades(first.region, 5);
    first.close();
    const second = createRegion({ dir, lane: "again", slots: 512 });
    const ring = writeTrades(second.region, 1);
    expect([second.resumed, ring.head, ring.epoch]).toEqual([true, 6, 2]);
    expect(new InstrumentWriter(second.region.control, second.region.instruments).count).toBe(1);
    second.close();
  });

  it("has one writer", () => {
    const first = createRegion({ dir, lane: "one", ...SMALL });
    expect(problem(() => createRegion({ dir, lane: "one", ...SMALL }))).toBe("busy");
    first.close();
    expect(problem(() => createRegion({ dir, lane: "one", ...SMALL }).close())).toBe("none");
  });

  it("is created whole or not at all", () => {
    const parent = path.join(dir, "deep", "er");
    fs.mkdirSync(parent, { recursive: true });
    fs.writeFileSync(path.join(parent, `whole.region.${2 ** 22 + 1}.7.tmp`), "of a writer that was killed");
    createRegion({ dir: parent, lane: "whole", ...SMALL }).close();
    expect(fs.readdirSync(parent)).toEqual(["whole.region"]);
    expect(fs.statSync(path.join(parent, "whole.region")).size).toBe(sectionsOf(SMALL).size);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
    ["foreign", () => new TextEncoder().encode("something else".repeat(1000)), "foreign"],
    ["short", (bytes) => bytes.subarray(0, 100), "truncated"],
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 64), "truncated"],
    ["empty", () => new Uint8Array(0), "truncated"],
    ["other-layout", (bytes) => bytes.with(HEADER.at.hash, 1), "layout"],
    ["newer", (bytes) => bytes.with(HEADER.at.version, LAYOUT_VERSION + 1), "version"],
    ["odd", (bytes) => bytes.with(HEADER.at.slots, 1), "damaged"],
  ])("leaves a %s file alone and says what is wrong", (lane, change, code) => {
    createRegion({ dir, lane, ...SMALL }).close();
    const file = regionPath(lane, dir);
    fs.writeFileSync(file, change(fs.readFileSync(file)));
    const before = fs.readFileSync(file);
    expect(problem(() => createRegion({ dir, lane, ...SMALL }))).toBe(code);
    expect(problem(() => openRegion(file))).toBe(code);
    expect(fs.readFileSync(file).equals(before)).toBe(true);
    discardOldRegion(file);
    expect(fs.existsSync(file)).toBe(code !== "layout" && code !== "version");
  });

  it("refuses other sizes, missing files and directories in the way", () => {
    createRegion({ dir, lane: "sizes", ...SMALL }).close();
    expect(problem(() => createRegion({ dir, lane: "sizes", slots: 1024 }))).toBe("geometry");
    expect(problem(() => openRegion(path.join(dir, "nothing.region")))).toBe("missing");
    expect(problem(() => createRegion({ dir: regionPath("sizes", dir), lane: "x", ...SMALL }))).toBe(
      "missing",
    );
    if (process.platform === "linux")
      expect(problem(() => createRegion({ dir: "/proc/none/below", lane: "x", ...SMALL }))).toBe("missing");
    fs.mkdirSync(path.join(dir, "folder.region"));
    expect(problem(() => createRegion({ dir, lane: "folder", ...SMALL }))).toBe("foreign");
    expect(() => regionPath("../escape\0")).not.toThrow();
    expect(() => regionPath("a b")).toThrow("lane name");
    expect(() => createRegion({ dir, lane: "bad", slots: 1000 })).toThrow("power of two");
  });

  it("notices that its file was replaced", () => {
    createRegion({ dir, lane: "moved", ...SMALL }).close();
    const reader = openRegion(regionPath("moved", dir));
    expect(stillThere(reader)).toBe(true);
    fs.rmSync(reader.path!);
    expect(stillThere(reader)).toBe(false);
    createRegion({ dir, lane: "moved", ...SMALL }).close();
    expect(stillThere(reader)).toBe(false);
  });

  it.skipIf(process.platform !== "linux")("says full when there is no room", () => {
    const code = `
      import("tsx/esm/api").then(({ tsImport }) => tsImport(process.argv[1], process.argv[2])).then(({ createRegion }) => {
        try { createRegion({ dir: process.argv[3], lane: "full", slots: 65536 }); } catch (e) { console.log(e.code, e.message); }
      });`;
    // a limit on file size gives the same short write and error as a full file system
    const run = spawnSync(
      "/bin/sh",
      [
        "-c",
        'ulimit -f 1000; trap "" XFSZ; exec "$@"',
        "sh",
        process.execPath,
        "-e",
        code,
        "./region.ts",
        import.meta.url,
        dir,
      ],
      { encoding: "utf8" },
    );
    expect(run.stdout).toMatch(/^full .*bytes of room, saw EFBIG; free space/);
    expect(fs.readdirSync(dir).filter((name) => name.startsWith("full"))).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("says permission when there is none, and still reads", () => {
    const { region, close } = createRegion({ dir, lane: "closed", ...SMALL });
    writeTrades(region, 4);
    close();
    fs.chmodSync(dir, 0o755);
    fs.chmodSync(regionPath("closed", dir), 0o444);
    const code = `
      const [module, here, dir] = process.argv.slice(1);
      import("tsx/esm/api").then(async ({ tsImport }) => {
        const { createRegion, openRegion, regionPath } = await tsImport(module, here);
        const { RingReader } = await tsImport("../log/index.ts", here);
        try { createRegion({ dir, lane: "closed" }); } catch (error) { console.log(error.code); }
        const { region, listable } = openRegion(regionPath("closed", dir));
        const reader = new RingReader(region.control, region.slots);
        reader.seek(0);
        console.log(listable, reader.poll(() => {}));
      });`;
    // root may do everything, so then somebody else must try
    const uid = process.getuid?.() === 0 ? 65534 : process.getuid!();
    const run = spawnSync(process.execPath, ["-e", code, "./region.ts", import.meta.url, dir], {
      encoding: "utf8",
      uid,
    });
    expect(run.stdout).toBe("permission\nfalse 4\n");
  });

  it("works in a worker thread", async () => {
    const reader = createRegion({ dir, lane: "worker", ...SMALL });
    reader.close();
    const code = `
      const { workerData } = require("node:worker_threads");
      import("tsx/esm/api").then(async ({ tsImport }) => {
        const { createRegion } = await tsImport("./region.ts", workerData.here);
        const log = await tsImport("../log/index.ts", workerData.here);
        const { region } = createRegion({ dir: workerData.dir, lane: "worker" });
        const ring = new log.RingWriter(region.control, region.slots);
        for (let i = 0; i < 7; i++) { const w = ring.next(); ring.slots.i32[w] = 0x8001; ring.slots.i32[w + 1] = 100 + i; }
        ring.commit();
      });`;
    const worker = new Worker(code, { eval: true, workerData: { here: import.meta.url, dir } });
    await new Promise((done, fail) => worker.once("exit", done).once("error", fail));
    const follow = new RingReader(reader.region.control, reader.region.slots);
    follow.seekOldest();
    const seen: number[] = [];
    follow.poll((slots, word) => seen.push(slots.i32[word + 1]!));
    expect(seen).toEqual([100, 101, 102, 103, 104, 105, 106]);
    expect(problem(() => createRegion({ dir, lane: "worker" }).close())).toBe("none");
  });
});

describe("a region on the heap", () => {
  it("is a region like any other, also over its buffer", () => {
    const handle = heapRegion({ lane: "heap", ...SMALL });
    writeTrades(handle.region, 2);
    const other = new Region(handle.buffer);
    const reader = new RingReader(other.control, other.slots);
    reader.seek(0);
    expect([reader.poll(() => {}), other.lane, stillThere(handle)]).toEqual([2, "heap", true]);
  });
});

it("knows living processes", () => {
  expect(processAlive(process.pid)).toBe(true);
  expect(processAlive(2 ** 22 + 1)).toBe(false);
});
