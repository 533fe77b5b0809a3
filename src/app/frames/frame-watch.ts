import { Buffer } from "node:buffer";
import type { FrameWatch, Report } from "../../feed/index.ts";
import type { CounterWriter } from "../../log/index.ts";
import { halvesToText } from "../../model/index.ts";
import type { Nanos, VenueId } from "../../model/index.ts";
import { DriftJudge, shapesOf } from "../../quality/drift.ts";
import type { Drift } from "../../quality/drift.ts";
import { venueById } from "../../venues/index.ts";

/** Samples that wait to be judged, and judged in one go: each takes some tenths of a millisecond. */
const MOST_WAITING = 64;
const AT_ONCE = 2;
/** Changes told in the log by one venue and hour; all are counted. A venue with a new protocol changes everything. */
const TOLD_PER_HOUR = 50;
const HOUR_MS = 3_600_000;
/** Frames handed on to be kept, in a second. */
const KEPT_PER_SECOND = 20;

export interface FrameWatchOptions {
  /** Whether samples are judged. */
  readonly drift: boolean;
  /** Takes a frame that could not be read, to be kept; null: nobody keeps them. `ts`: UNIX ns as decimal text. */
  readonly keep: ((venue: VenueId, ts: string, bytes: Uint8Array) => void) | null;
  readonly counters: () => CounterWriter;
  readonly report: Report;
}

interface Sample {
  readonly venue: VenueId;
  readonly channel: string;
  readonly text: string;
}

interface Watched {
  readonly judge: DriftJudge;
  told: number;
  until: number;
}

/** Judges samples of a lane's frames when there is time, and hands on those that could not be read. */
export class LaneFrames implements FrameWatch {
  readonly #options: FrameWatchOptions;
  readonly #waiting: Sample[] = [];
  readonly #venues = new Map<VenueId, Watched>();
  #kept = 0;
  #second = 0;

  constructor(options: FrameWatchOptions) {
    this.#options = options;
  }

  sample(venue: VenueId, channel: string, text: string): void {
    if (this.#options.drift && this.#waiting.length < MOST_WAITING)
      this.#waiting.push({ venue, channel, text });
  }

  unread(venue: VenueId, bytes: Uint8Array, { hi, lo }: Nanos): void {
    const { keep } = this.#options;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#kept = 0;
    this.#second = second;
    if (keep !== null && this.#kept++ < KEPT_PER_SECOND) keep(venue, halvesToText(hi, lo), bytes);
  }

  /** Some times per second: judges some of what waits. */
  tick(): void {
    for (const sample of this.#waiting.splice(0, AT_ONCE)) this.#judge(sample);
  }

  #judge({ venue, channel, text }: Sample): void {
    const frame = parsed(text);
    if (frame === undefined) return;
    for (const drift of this.#watched(venue).judge.judge(channel, frame)) this.#tell(venue, drift);
  }

  #watched(venue: VenueId): Watched {
    const known = this.#venues.get(venue);
    if (known !== undefined) return known;
    const table = shapesOf(venueById(venue)?.knownFrames ?? {});
    const fresh = { judge: new DriftJudge(table), told: 0, until: 0 };
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
  return channel.endsWith("(control)") ? "control" : channel;
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
