/**
 * What does the journal cost the lane, and how fast does it write and read?
 *
 * - lane: the time of a lane's thread inside `quote` and `commit`, 20,000 commits a second of 10 slots each, on a region without
 *   a gate, with a gate and no journal, and with a journal that copies in another thread meanwhile.
 * - write: a journal that copies a ring's slots to files (checks, checksums, fdatasync beside it), against the bare write
 *   of the same bytes by the same pieces.
 * - read: a lossless reader that reads them back from the files, against a reader of the ring.
 *
 * ns per slot of 64 bytes. Files lie in the folder for temporary files.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { EventWriter, RingReader, RingWriter } from "../src/log/index.ts";
import { SymbolTable } from "../src/model/index.ts";
import { createRegion, JournalWriter, openLossless } from "../src/store/index.ts";
import type { RegionHandle } from "../src/store/index.ts";
import { compare, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";

const SLOTS = 65_536;
const SIZES = { slots: SLOTS, venues: 4, instruments: 16, counters: 4, histograms: 1, readers: 8 };
/** A round of the lane: bursts of commits with a pause of a millisecond between. */
const BURSTS = 100;
const COMMITS = 20;
const PER_COMMIT = 10;
/** A round of writing and reading, in slots. */
const PIECES = 8;
const PIECE = SLOTS / 2;

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-bench-journal-"));
  try {
    yield* onTheLane(dir, options);
    yield* writing(dir, options);
    yield* reading(dir, options);
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

async function* onTheLane(dir: string, options: BenchOptions): AsyncGenerator<Row> {
  const gated = createRegion({ dir, lane: "gated", ...SIZES });
  const copied = createRegion({ dir, lane: "copied", ...SIZES });
  const worker = startWorker({ path: copied.path, folder: path.join(dir, "lane") });
  await message(worker);
  const contestants = [
    lane("no gate", createRegion({ dir, lane: "open", maxStallMs: 0, ...SIZES })),
    lane("gate, no journal", gated),
    lane("journal", copied),
  ];
  const samples = await race(contestants, options);
  worker.postMessage("stop");
  await message(worker);
  yield compare("journal", "lane, gate without journal", samples, "gate, no journal", "no gate");
  yield compare("journal", "lane, journal", samples, "journal", "no gate");
}

/** tsx has no say in a worker thread unless it is asked there. */
function startWorker(data: object): Worker {
  const [child, tsx] = [
    new URL("./journal-child.ts", import.meta.url).href,
    import.meta.resolve("tsx/esm/api"),
  ];
  const source = `import { register } from "${tsx}"; register(); await import("${child}");`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: data });
}

function message(worker: Worker): Promise<unknown> {
  return new Promise((done, fail) => {
    worker.once("message", done);
    worker.once("error", fail);
  });
}

function lane(name: string, { region }: RegionHandle): Contestant {
  const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
  const out = new EventWriter(ring, new SymbolTable());
  out.venue = 1;
  return {
    name,
    async run() {
      let inside = 0;
      for (let burst = 0; burst < BURSTS; burst++) {
        const start = performance.now();
        commits(out, COMMITS);
        inside += performance.now() - start;
        await pause(1);
      }
      return (inside * 1e6) / (BURSTS * COMMITS * PER_COMMIT);
    },
  };
}

function commits(out: EventWriter, count: number): void {
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < PER_COMMIT; k++) {
      out.num[0] = 100 + k;
      out.num[1] = i;
      out.num[2] = 101 + k;
      out.num[3] = k;
      out.quote(k, 0);
    }
    out.ring.commit();
  }
}

async function* writing(dir: string, options: BenchOptions): AsyncGenerator<Row> {
  const handle = createRegion({ dir, lane: "write", ...SIZES });
  const out = writerOf(handle);
  const journal = new JournalWriter(path.join(dir, "write"), "write", { keepMs: 0 });
  journal.attach(handle);
  const bare = { fd: fs.openSync(path.join(dir, "bare"), "w"), at: 0 };
  const samples = await race(
    [
      { name: "journal", run: () => written(out, () => drain(journal)) },
      { name: "write(2)", run: () => written(out, () => bareWrite(bare, handle)) },
    ],
    options,
  );
  await journal.close();
  fs.closeSync(bare.fd);
  yield compare("journal", "write", samples, "journal", "write(2)");
}

function writerOf({ region }: RegionHandle): EventWriter {
  const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
  return new EventWriter(ring, new SymbolTable());
}

/** ns per slot of what comes after each piece; the event loop turns between pieces, as it does in a journal's thread. */
async function written(out: EventWriter, after: () => void): Promise<number> {
  let inside = 0;
  for (let piece = 0; piece < PIECES; piece++) {
    commits(out, PIECE / PER_COMMIT);
    const start = performance.now();
    after();
    inside += performance.now() - start;
    await new Promise(setImmediate);
  }
  return (inside * 1e6) / (PIECES * PIECE);
}

function drain(journal: JournalWriter): void {
  while (journal.poll() > 0);
}

/** The same number of bytes in the same pieces; the file is begun anew where a segment would be. */
function bareWrite(bare: { fd: number; at: number }, { region }: RegionHandle): void {
  const bytes = 4096 * 64;
  for (let slot = 0; slot < PIECE; slot += 4096) {
    if (bare.at >= 64 << 20) fs.ftruncateSync(bare.fd, (bare.at = 0));
    bare.at += fs.writeSync(bare.fd, region.slots.u8, slot * 64, bytes, bare.at);
  }
}

async function* reading(dir: string, options: BenchOptions): AsyncGenerator<Row> {
  const handle = createRegion({ dir, lane: "read", ...SIZES });
  const folder = path.join(dir, "read");
  const journal = new JournalWriter(folder, "read");
  journal.attach(handle);
  await written(writerOf(handle), () => drain(journal));
  const { head } = handle.region;
  let sum = 0;
  const fromFiles = (): number => {
    const reader = openLossless({ journal: folder, region: null, from: 0 });
    const start = performance.now();
    while (reader.poll((views, word) => void (sum += views.i32[word]!)) > 0);
    const took = performance.now() - start;
    reader.close();
    return (took * 1e6) / head;
  };
  const ring = new RingReader(handle.region.control, handle.region.slots);
  const fromRing = (): number => {
    const start = performance.now();
    let slots = 0;
    for (let i = 0; i < PIECES; i++) {
      ring.seek(head - PIECE);
      slots += ring.poll((views, word) => void (sum += views.i32[word]!));
    }
    return ((performance.now() - start) * 1e6) / slots;
  };
  const samples = await race(
    [
      { name: "files", run: fromFiles },
      { name: "ring", run: fromRing },
    ],
    options,
  );
  await journal.close();
  if (!Number.isFinite(sum)) throw new Error("expected slots, saw none");
  yield compare("journal", "read back", samples, "files", "ring");
}
