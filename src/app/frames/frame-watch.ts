import { Buffer } from "node:buffer";
import type { FrameWatch, Report } from "../../feed/index.ts";
import type { CounterWriter } from "../../log/index.ts";
import { halvesToText } from "../../model/index.ts";
import type { Nanos, VenueId } from "../../model/index.ts";
import { DriftJudge, nearest, shapesOf } from "../../quality/drift.ts";
import type { Drift, Shapes } from "../../quality/drift.ts";
import { venueById } from "../../venues/index.ts";

/** Acks, errors and lists that wait to be judged; of each kind of event the youngest sample waits. */
const MOST_WAITING = 64;
/** Kinds of event of all venues of a lane at most. */
const MOST_KINDS = 256;
/** Changes told in the log by one venue and hour; all are counted. A venue with a new protocol changes everything. */
const TOLD_PER_HOUR = 50;
const HOUR_MS = 3_600_000;
/** How channels are called that are no stream. */
const CONTROL = "(control)";
const BRACE = 0x7b;
/** Frames handed on to be kept, in a second. */
const KEPT_PER_SECOND = 20;

export interface FrameWatchOptions {
  /** Whether samples are judged. */
  readonly drift: boolean;
  /** See FrameWatch. */
  readonly everyMs?: number;
  /** Takes a frame that could not be read, to be kept; null: nobody keeps them. `ts`: UNIX ns as decimal text. */
  readonly keep: ((venue: VenueId, ts: string, bytes: Uint8Array) => void) | null;
  readonly counters: () => CounterWriter;
  readonly report: Report;
}

interface Sample {
  readonly venue: VenueId;
  /** "" where nobody could read it: then the table says what it is most like. */
  readonly channel: string;
  readonly text: string;
}

/** Largest unreadable frame that is judged, bytes. */
const JUDGED_BYTES = 16_384;

interface Watched {
  readonly table: Shapes;
  readonly judge: DriftJudge;
  told: number;
  until: number;
}

/** Judges samples of a lane's frames when there is time, and hands on those that could not be read. */
export class LaneFrames implements FrameWatch {
  readonly #options: FrameWatchOptions;
  readonly #controls: Sample[] = [];
  /** By venue and kind of event, the longest waiting first: a busy stream takes nobody's turn. */
  readonly #events = new Map<string, Sample>();
  readonly #venues = new Map<VenueId, Watched>();
  #kept = 0;
  #second = 0;

  constructor(options: FrameWatchOptions) {
    this.#options = options;
  }

  get everyMs(): number | undefined {
    return this.#options.everyMs;
  }

  sample(venue: VenueId, channel: string, text: string): void {
    if (!this.#options.drift) return;
    const sample = { venue, channel, text };
    if (channel.endsWith(CONTROL)) {
      if (this.#controls.length < MOST_WAITING) this.#controls.push(sample);
    } else this.#await(`${venue} ${channel}`, sample);
  }

  /** One that waits already is replaced, and keeps its place. */
  #await(key: string, sample: Sample): void {
    if (this.#events.has(key) || this.#events.size < MOST_KINDS) this.#events.set(key, sample);
  }

  unread(venue: VenueId, bytes: Uint8Array, { hi, lo }: Nanos): void {
    const { keep, drift } = this.#options;
    if (drift && bytes.length <= JUDGED_BYTES && bytes[0] === BRACE)
      this.#await(`${venue} `, { venue, channel: "", text: Buffer.from(bytes).toString("utf8") });
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#kept = 0;
    this.#second = second;
    if (keep !== null && this.#kept++ < KEPT_PER_SECOND) keep(venue, halvesToText(hi, lo), bytes);
  }

  /** Some times per second: judges one of each of those that wait; a frame takes some tenths of a millisecond. */
  tick(): void {
    const control = this.#controls.shift();
    if (control !== undefined) this.#judge(control);
    for (const [key, sample] of this.#events) {
      this.#events.delete(key);
      return this.#judge(sample);
    }
  }

  #judge({ venue, channel, text }: Sample): void {
    const frame = parsed(text);
    if (frame === undefined) return;
    const { judge, table } = this.#watched(venue);
    const name = channel === "" ? nearest(table, frame) : channel;
    if (name === null) return;
    for (const drift of judge.judge(name, frame)) this.#tell(venue, drift);
  }

  #watched(venue: VenueId): Watched {
    const known = this.#venues.get(venue);
    if (known !== undefined) return known;
    const { knownFrames = {}, book } = venueById(venue) ?? {};
    const table = shapesOf(knownFrames);
    const fresh = { table, judge: new DriftJudge(table, book === "checksum"), told: 0, until: 0 };
    this.#venues.set(venue, fresh);
    return fresh;
  }

  /** A counters table without room counts no further kinds of change; the log tells of them all the same. */
  #count(venue: VenueId, channel: string, kind: string): void {
    const counters = this.#options.counters();
    const labels = `venue="${venue}",channel="${labelOf(channel)}",kind="${kind}"`;
    const help = "changes of what a venue's frames are made of";
    try {
      counters.add(counters.declare({ name: "feedhorn_drift_total", labels, unit: "", help }), 1);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }

  #tell(venue: VenueId, { kind, channel, path, expected, seen }: Drift): void {
    this.#count(venue, channel, kind);
    const watched = this.#watched(venue);
    const now = performance.now();
    if (now > watched.until) Object.assign(watched, { told: 0, until: now + HOUR_MS });
    watched.told += 1;
    if (watched.told > TOLD_PER_HOUR) return;
    this.#options.report("warn", "the venue's frames have changed", {
      venue,
      channel,
      path,
      what: kind,
      expected,
      seen,
    });
  }
}

/** What a control says goes into the log; as a label there would be no end of them. */
function labelOf(channel: string): string {
  return channel.endsWith(CONTROL) ? "control" : channel;
}

/** Undefined for a text that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A frame as a line of a frames file. */
export function frameLine(ts: string, bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8");
  const whole = Buffer.from(text, "utf8").equals(bytes);
  const payload = whole ? { text } : { b64: Buffer.from(bytes).toString("base64") };
  return `${JSON.stringify({ ts, conn: 0, dir: "in", ...payload })}\n`;
}
