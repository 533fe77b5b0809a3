import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  encodeText,
  FRAME,
  KIND,
  KIND_NAMES,
  NUM,
  OPTION_FIGURES,
  Slab,
  withOptions,
} from "../../src/model/index.ts";
import type { Out, Venue } from "../../src/model/index.ts";
import { shapeOf } from "../../src/quality/drift.ts";
import type { JsonType } from "../../src/quality/drift.ts";
import { FIXTURES, readFrames } from "./frames.ts";

/** What the frames of a venue's fixtures are made of, by what they tell: the table that drift is measured against. */

/** Keeps the kind of the first event of a frame; every name is an instrument. */
class FirstKind implements Out {
  readonly num = new Float64Array(Object.keys(NUM).length);
  readonly long = new Int32Array(8);
  readonly option = new Float64Array(OPTION_FIGURES);
  hasConnection = false;
  checksum = 0;
  hasChecksum = false;
  inexact = 0;
  fallbacks = 0;
  slowFallbacks = 0;
  scanned = 0;
  kind = 0;

  begin(): void {
    this.kind = 0;
    this.hasConnection = false;
    this.hasChecksum = false;
  }
  instrument(): number {
    return 0;
  }
  trade(): void {
    this.kind ||= KIND.TRADE;
  }
  quote(): void {
    this.kind ||= KIND.QUOTE;
  }
  openBook(): void {
    this.kind ||= KIND.BOOK;
  }
  level(): void {
    this.kind ||= KIND.BOOK;
  }
  book(): void {
    this.kind ||= KIND.BOOK;
  }
  bookOf(): void {
    this.kind ||= KIND.BOOK;
  }
  ticker(): void {
    this.kind ||= KIND.TICKER;
  }
  optionTicker(): void {
    this.kind ||= KIND.OPTION_TICKER;
  }
  stats(): void {
    this.kind ||= KIND.STATS;
  }
  index(): void {
    this.kind ||= KIND.INDEX;
  }
  liquidation(): void {
    this.kind ||= KIND.LIQUIDATION;
  }
  status(): void {
    this.kind ||= KIND.STATUS;
  }
}

/** The venue with each of its switches set, one at a time. */
function variants(venue: Venue): Venue[] {
  const set = Object.entries(venue.options ?? {}).flatMap(([name, values]) =>
    Object.keys(values).map((value) => withOptions(venue, { [name]: value })),
  );
  return [venue, ...set];
}

/** Texts that came in, of all fixture files of a venue. */
function texts(id: string): string[] {
  const folder = join(FIXTURES, id);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".jsonl"),
  );
  return files.toSorted().flatMap((name) => {
    const path = join(folder, name);
    if (!readFileSync(path, "utf8").startsWith('{"format":"frames/1"')) return [];
    return readFrames(path).flatMap(({ dir, text }) => (dir === "in" && text?.startsWith("{") ? [text] : []));
  });
}

/** What a frame tells, in the words of the lane's sampling; null when it tells nothing. */
function channelOf(venue: Venue, slab: Slab, text: string): string | null {
  const bytes = encodeText(text);
  slab.bytes.fill(0).set(bytes);
  const out = new FirstKind();
  const code = venue.parse(slab, 0, bytes.length, { hi: 0, lo: 0 }, out);
  if (code === FRAME.CONTROL) return `${venue.control(text)[0]?.type ?? "nothing"} (control)`;
  return code === FRAME.DATA && out.kind !== 0 ? KIND_NAMES[out.kind]! : null;
}

/** Paths and types by channel, each a line of text: `path:types`, types by their first letters, `z` for null. */
export function knownFrames(venue: Venue): Record<string, string> {
  const all = texts(venue.id);
  const slab = new Slab(Math.max(...all.map((one) => encodeText(one).length), 1));
  const channels = new Map<string, Map<string, Set<JsonType>>>();
  for (const one of variants(venue))
    for (const text of all) {
      const channel = channelOf(one, slab, text);
      if (channel !== null) merge(channels, channel, parsed(text));
    }
  return Object.fromEntries(
    [...channels]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([channel, paths]) => [channel, [...paths].map(written).toSorted().join(" ")]),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function merge(channels: Map<string, Map<string, Set<JsonType>>>, channel: string, frame: unknown): void {
  const paths = channels.get(channel) ?? new Map<string, Set<JsonType>>();
  channels.set(channel, paths);
  for (const [path, types] of shapeOf(frame))
    paths.set(path, new Set([...(paths.get(path) ?? []), ...types]));
}

function written([path, types]: [string, Set<JsonType>]): string {
  const letters = [...types].map((type) => (type === "null" ? "z" : type[0]!));
  return `${path}:${letters.toSorted().join("")}`;
}
