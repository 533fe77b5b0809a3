import { dirname, join } from "node:path";
import { KIND, KIND_NAMES } from "../../model/index.ts";
import { sinkOf } from "../../sinks/index.ts";
import type { Delivery, OpenSink, Sink, SinkHost } from "../../sinks/index.ts";
import { CursorFile, journalFolder, lockFile, openLossless } from "../../store/index.ts";
import type { LockFile, LosslessReader } from "../../store/index.ts";
import { venueById } from "../../venues/index.ts";
import { withoutSecrets } from "../config/redact.ts";
import { deliveryOf } from "../config/sinks.ts";
import type { SinkConfig } from "../config/sinks.ts";
import { Gatherer } from "./gatherer.ts";
import type { Wanted } from "./gatherer.ts";
import { Heads } from "./heads.ts";
import type { SinkData, SinkStanding } from "./messages.ts";
import { Marker } from "./marker.ts";
import { Pump } from "./pump.ts";
import type { PumpLane } from "./pump.ts";
import { Tables } from "./tables.ts";
import { SinkTally } from "./tally.ts";
import { idleFor, Wakes } from "./wakes.ts";

/** A sink whose gateway was killed ends within so many ms; until then there would be two of it. */
const LET_GO_MS = 15_000;
const RETRY_MS = 50;
/** With little to do, what comes is gathered for so long, ms, by a sink that promises no more than to lose nothing. */
const IDLE_MS = 10;
/** Longest wait between two attempts while it is to end. */
const HURRY_MS = 1000;
const TELL_AGAIN_MS = 60_000;

/** Opens a sink and keeps it supplied; what goes wrong is begun again from the last mark, until it is told to stop. */
export class SinkRunner {
  readonly #data: SinkData;
  readonly #report: SinkHost["report"];
  readonly #sink: Sink;
  readonly #delivery: Delivery;
  readonly #tally = new SinkTally();
  readonly #tables = new Tables();
  readonly #heads: Heads;
  #readers: ReadonlyMap<string, LosslessReader> = new Map();
  #ends: Readonly<Record<string, number>> | null = null;
  #wake: () => void = () => undefined;
  #lock: LockFile | null = null;
  #told = "";
  #toldAt = 0;

  constructor(data: SinkData, report: SinkHost["report"]) {
    this.#data = data;
    this.#report = report;
    this.#sink = sinkOf(data.sink.type) as Sink;
    this.#delivery = deliveryOf(data.sink);
    this.#heads = new Heads(data.lanes);
  }

  /** Write everything before `ends`; of lanes left out, what is there. */
  stop(ends: Readonly<Record<string, number>>): void {
    this.#ends = ends;
    this.#wake();
  }

  standing(): SinkStanding {
    const read = [...this.#readers].map(([lane, { position, lag }]): [string, number] => [
      lane,
      position + lag,
    ]);
    const waits = this.#readers.size === 0 && this.#delivery === "lossless";
    return this.#tally.standing(waits ? this.#heads.now() : new Map(read));
  }

  /** Makes the journal keep for this sink, from its first start on, whether its vendor is there or not. Once it is the only one. */
  async claim(): Promise<void> {
    this.#lock = await this.#alone();
    for (const { name, path } of this.#data.lanes) {
      const cursor = this.#cursor(name);
      if (cursor === null) continue;
      const next = cursor.read();
      if (next !== null) this.#tally.moved(name, next, 0);
      else this.#claimed(cursor, name, path);
    }
  }

  #claimed(cursor: CursorFile, lane: string, region: string | null): void {
    const reader = openLossless({ journal: dirname(cursor.path), region, from: "oldest" });
    cursor.write(reader.position);
    this.#tally.moved(lane, reader.position, 0);
    reader.close();
  }

  /** After `claim`: ends when everything up to the ends is safe at the vendor. */
  async run(): Promise<void> {
    for (;;) {
      try {
        await this.#once();
        break;
      } catch (error) {
        const reason = this.#withoutSecrets(error instanceof Error ? error.message : String(error));
        const wait = this.#tally.failed(reason);
        this.#tell(reason, wait);
        await this.#sleep(wait);
      }
    }
    this.#lock?.close();
  }

  /** Where it is kept how far the vendor is; null for a sink that does not go on where it was. */
  #cursor(lane: string): CursorFile | null {
    const { dir, sink } = this.#data;
    return this.#delivery === "lossless" ? new CursorFile(journalFolder(dir!, lane), sink.name) : null;
  }

  /** Once for each reason, and again now and then while it stays the same. */
  #tell(reason: string, wait: number): void {
    const now = performance.now();
    if (reason === this.#told && now - this.#toldAt < TELL_AGAIN_MS) return;
    this.#told = reason;
    this.#toldAt = now;
    this.#report("warn", "sink failed, trying again from its last mark", { reason, wait_ms: wait });
  }

  async #once(): Promise<void> {
    const open = await this.#sink.open(this.#data.sink, this.#host());
    const lanes: PumpLane[] = [];
    try {
      for (const { name, path } of this.#data.lanes) lanes.push(this.#lane(open, name, path));
      this.#readers = new Map(lanes.map(({ gatherer }) => [gatherer.lane, gatherer.reader]));
      this.#tally.opened();
      const { batch_slots: slots, flush_ms: flushMs = this.#sink.flushMs } = this.#data.sink;
      const latest = this.#delivery === "latest";
      const ends = () => this.#ends;
      const tally = this.#tally;
      const idle =
        this.#delivery === "lossless"
          ? idleFor(IDLE_MS)
          : new Wakes(lanes.map(({ gatherer }) => gatherer.reader)).idle;
      await new Pump({ sink: open, lanes, flushMs, many: slots >> 1, latest, tally, ends, idle }).run();
    } finally {
      this.#readers = new Map();
      for (const { gatherer } of lanes) gatherer.reader.close();
      // What failed may fail to close as well: the first reason is the one to tell.
      await open.close().catch(() => undefined);
    }
  }

  #lane(open: OpenSink, name: string, path: string | null): PumpLane {
    const { sink } = this.#data;
    const cursor = this.#cursor(name);
    const from = cursor === null ? null : (open.resumeAt?.(name) ?? cursor.read());
    const reader = openLossless({
      journal: cursor === null ? null : dirname(cursor.path),
      region: path,
      from: from ?? "head",
      name: `sink ${sink.name}`,
    });
    if (from !== null && from > reader.head) {
      const words = `lane ${name}: expected its log to reach what is written already (up to ${from}), saw it end at ${reader.head}`;
      reader.close();
      throw new Error(
        `${words}: it began anew. Empty what the sink has of this lane, or give the lane another name`,
      );
    }
    const marker = cursor === null ? null : new Marker(cursor, this.#report);
    if (from !== null) marker?.write(from);
    this.#tally.moved(name, from ?? reader.position, 0);
    const wanted = wantedOf(sink, this.#sink, this.#delivery);
    const gatherer = new Gatherer({ lane: name, reader, wanted, slots: sink.batch_slots, from });
    return { gatherer, cursor: marker, lastAt: 0 };
  }

  #host(): SinkHost {
    const { sink, lanes, dir, secrets } = this.#data;
    return {
      name: sink.name,
      lanes: lanes.map(({ name }) => name),
      data: dir,
      secrets,
      report: (level, message, facts = {}) => this.#report(level, message, this.#hiding(facts)),
      state: (state, reason = "waiting for the vendor") =>
        state === "connected"
          ? this.#tally.waits(null)
          : this.#tally.waits(this.#withoutSecrets(reason), state),
      tables: (lane) => this.#tables.of(this.#readers.get(lane)?.handle ?? null),
      figure: (kind, name, help, value) => this.#tally.figure({ kind, name, help, value }),
    };
  }

  /** Whatever a vendor's library puts into its words: never the values it was given, nor a URL's password. */
  #withoutSecrets(text: string): string {
    return withoutSecrets(text, Object.values(this.#data.secrets));
  }

  #hiding(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const hide = (value: unknown): unknown =>
      typeof value === "string" ? this.#withoutSecrets(value) : value;
    return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, hide(value)]));
  }

  /** Of two processes of one sink, the second waits until the first is gone. */
  async #alone(): Promise<LockFile | null> {
    const { dir, sink } = this.#data;
    if (dir === null) return null;
    const path = join(dir, "sinks", `${sink.name}.lock`);
    for (const end = performance.now() + LET_GO_MS; ;) {
      const lock = lockFile(path);
      if (typeof lock !== "number") return lock;
      if (performance.now() >= end)
        throw new Error(`expected to be the only writer of ${sink.name}, saw process ${lock}; stop it`);
      await this.#sleep(RETRY_MS);
    }
  }

  /** Shorter when it is told to stop meanwhile. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#ends === null ? ms : Math.min(ms, HURRY_MS));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** What the sink takes, of that what is asked for. */
export function wantedOf(sink: SinkConfig, { accepts }: Pick<Sink, "accepts">, delivery: Delivery): Wanted {
  const all = KIND_NAMES.map((_, kind) => kind).slice(1);
  const taken = accepts === "all" ? all : all.filter((kind) => (accepts as readonly number[]).includes(kind));
  const asked = taken.filter(
    (kind) =>
      (sink.kinds === undefined || sink.kinds.includes(KIND_NAMES[kind]!)) &&
      !(delivery === "latest" && kind === KIND.BOOK),
  );
  const codes = sink.venues?.map((id) => venueById(id)!.code);
  return {
    kinds: asked.reduce((bits, kind) => bits | (1 << kind), 0),
    venues: codes === undefined ? null : new Set(codes),
  };
}
