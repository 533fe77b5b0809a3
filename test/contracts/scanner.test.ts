import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScannerMemory } from "../../src/feed/socket/scanner-memory.ts";
import { encodeText, instrumentOf, withOptions } from "../../src/model/index.ts";
import type { Channel, Instrument, Venue } from "../../src/model/index.ts";
import { VENUES } from "../../src/venues/index.ts";
import { captureOf, fixturesOf } from "./frames.ts";
import { Twins } from "./scanner.ts";
import { fixtureRig } from "./venue.ts";
import { channelsOf, frameOf, instrumentsOf, isBinary, scenes } from "./venue-events.ts";
import { fuzzCount, mutant, random } from "./venue-fuzz.ts";
import type { Random } from "./venue-fuzz.ts";

/** With a scanner before it, every parser must say what it says without one: to the bit, for all bytes there are. */

const SEED = 20261121;
const ROOT = join(import.meta.dirname, "../..");
const SOURCES = join(ROOT, "src/venues/assembly");

/** Recorded sessions, and the venue of each. */
const CAPTURES: readonly (readonly [file: string, venue: string])[] = [
  ["binance-spot", "binance"],
  ["binance-us", "binance-us"],
  ["binance-usdm", "binance-usdm"],
];
/** Channels a busy feed is made of: a scanner takes practically all of their frames. */
const HOT: ReadonlySet<Channel> = new Set(["trade", "agg_trade", "quote", "book", "partial_book", "ticker"]);
const SHARE = 0.99;
/** One frame a second and instrument, figures of 24 hours: left to the parser. */
const SLOW: ReadonlySet<string> = new Set(["binance ticker", "binance-us ticker"]);

/** Of a family by name, but with a grammar of its own that no scanner knows. */
const OTHERS: ReadonlySet<string> = new Set(["coinbase-exchange"]);

/** Venues a grammar of the scanner is for: of a family with one of the entries. Each of their switches is one more, if it is text. */
const grammars = Object.keys(new ScannerMemory(1 << 20).scanner.entries);
const SCANNED = VENUES.filter(
  ({ id }) => !OTHERS.has(id) && grammars.some((one) => id === one || id.startsWith(`${one}-`)),
)
  .flatMap((venue) => [
    [venue.id, venue] as const,
    ...Object.entries(venue.options ?? {}).flatMap(([option, values]) =>
      Object.keys(values).map(
        (value) => [`${venue.id} ${option} ${value}`, withOptions(venue, { [option]: value })] as const,
      ),
    ),
  ])
  .filter(([, venue]) => !isBinary(venue));

function known(venue: Venue): Instrument[] {
  return [...instrumentsOf(venue), ...fixtureRig(venue).instruments];
}

/** Symbols of ours that a frame names. */
function symbolsIn(venue: Venue, text: string): string[] {
  return instrumentsOf(venue).flatMap(({ symbol }) => (text.includes(`"${symbol}"`) ? [symbol] : []));
}

/** Texts the venue has sent, or our encoder would. */
function written(venue: Venue): string[] {
  return fixturesOf(venue.id).flatMap(({ frames }) =>
    frames.flatMap(({ dir, text }) => (dir === "in" && text !== undefined ? [text] : [])),
  );
}

function generated(venue: Venue, channel: Channel, count: number): string[] {
  const options = { seed: SEED, numRuns: count };
  return fc.sample(scenes(venue, channel)!, options).map((scene) => frameOf(venue, scene));
}

/** Two frames as one, where the venue has lists of events: what stands in the lists of the other is added. */
function joined(one: string, other: string): string {
  const [into, from] = [JSON.parse(one), JSON.parse(other)] as [Json, Json];
  const add = (to: Json, more: Json): void => {
    for (const [key, list] of Object.entries(to)) {
      if (!Array.isArray(list) || !Array.isArray(more[key])) continue;
      if (LISTS.has(key) && isObject(list[0]) && isObject(more[key][0])) add(list[0], more[key][0]);
      list.push(...(more[key] as unknown[]));
    }
  };
  add(into, from);
  return JSON.stringify(into);
}

type Json = Record<string, unknown>;
/** Lists whose first items are joined, too. */
const LISTS = new Set(["events"]);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

function corpus(venue: Venue): Uint8Array[] {
  const own = channelsOf(venue).flatMap((channel) => generated(venue, channel, 12));
  const pairs = own.slice(1).map((text, i) => joined(own[i]!, text));
  return [...own, ...pairs, ...written(venue)].map(encodeText).filter(({ length }) => length <= 2048);
}

/** Throws with the frame when the twins differ. */
function same(twins: Twins, frame: Uint8Array, at = 0, behind?: Uint8Array): void {
  const difference = twins.compare(frame, at, behind);
  if (difference !== "")
    throw new Error(`${difference}: ${JSON.stringify(new TextDecoder().decode(frame))} at ${at}`);
}

describe.each(SCANNED)("%s, scanned", (_id, venue) => {
  it("fixtures give the same", () => {
    const twins = new Twins(venue, known(venue));
    for (const text of written(venue)) same(twins, encodeText(text), 7);
    expect(twins.taken).toBeGreaterThan(0);
    expect(twins.keptWithin).toBe(true);
  });

  it.each(channelsOf(venue).filter((channel) => HOT.has(channel)))(
    "%s: generated frames give the same, and the scanner takes them",
    (channel) => {
      const twins = new Twins(venue, known(venue));
      const frames = generated(venue, channel, 1500).map(encodeText);
      for (const frame of frames) same(twins, frame);
      if (!SLOW.has(`${venue.id} ${channel}`))
        expect(twins.taken / frames.length).toBeGreaterThanOrEqual(SHARE);
      expect(twins.keptWithin).toBe(true);
    },
  );

  it("sizes of a billion coins and eight places are the scanner's, too", () => {
    const twins = new Twins(venue, known(venue));
    const channel = channelsOf(venue).find((one) => one === "quote" || one === "trade");
    const frames = generated(venue, channel!, 50).map((text) =>
      // But for the version of an envelope.
      text.replaceAll(/(?<=[":])(?!2\.0")\d+\.\d+(?=[",])/g, "8123456789.00000000"),
    );
    for (const frame of frames) same(twins, encodeText(frame));
    expect(twins.taken).toBe(frames.length);
  });

  it("symbols nobody asked for give nothing", () => {
    const twins = new Twins(venue, []);
    for (const frame of corpus(venue)) same(twins, frame);
  });

  it("names are told apart, however many there are and however long", () => {
    const next = random(SEED);
    const name = (i: number): string => `${i.toString(36)}${"AB-CD/EFGHIJKLMNOPQRST".slice(0, next() * 22)}`;
    const symbols = Array.from({ length: 9000 }, (_, i) => name(i).toUpperCase());
    const instruments = symbols.map((symbol) => instrumentOf({ symbol, canonical: symbol }));
    const twins = new Twins(venue, instruments);
    const channel = channelsOf(venue).find((one) => one === "quote" || one === "trade")!;
    const [text] = generated(venue, channel, 1);
    const [old] = symbolsIn(venue, text!);
    // Asked twice: what was learnt must be what was asked.
    for (const symbol of [...symbols, ...symbols]) same(twins, encodeText(text!.replaceAll(old!, symbol)));
    expect(twins.taken).toBe(2 * symbols.length);
  });

  it("no byte behind a frame counts, wherever it lies and however short it is", () => {
    const twins = new Twins(venue, known(venue));
    for (const frame of corpus(venue).filter((_, i) => i % 12 < 2)) {
      for (let length = 0; length <= frame.length; length++)
        same(twins, frame.slice(0, length), 3, frame.slice(length));
      same(twins, frame, twins.capacity - frame.length);
      for (const byte of [0x30, 0x39, 0x22, 0x2c, 0x5d, 0x7d, 0])
        same(twins, frame, 64, new Uint8Array(64).fill(byte));
    }
    expect(twins.keptWithin).toBe(true);
  });

  it(`${fuzzCount()} damaged frames give the same (seed ${SEED})`, { timeout: 6 * 3600_000 }, () => {
    const twins = new Twins(venue, known(venue));
    const next = random(SEED);
    const frames = corpus(venue);
    const texts = frames.map((frame) => new TextDecoder().decode(frame));
    for (let i = 0; i < fuzzCount(); i++) {
      const pick = texts[Math.floor(next() * texts.length)]!;
      const rewritten = i % 8 === 1 ? retimed : renumbered;
      const frame = i % 2 === 0 ? mutant(next, frames) : encodeText(rewritten(next, pick));
      same(twins, frame, i % 3 === 0 ? twins.capacity - frame.length : i % 64);
      if (i % 5000 === 0) expect(twins.keptWithin).toBe(true);
    }
    expect(twins.taken).toBeGreaterThan(fuzzCount() / 20);
    expect(twins.keptWithin).toBe(true);
  });
});

describe.each(CAPTURES)("recorded session %s, scanned", (file, id) => {
  const frames = captureOf(file);

  it.skipIf(frames === null)("gives the same, and the scanner takes every hot frame", () => {
    const venue = VENUES.find((one) => one.id === id)!;
    const source = venue.snapshot;
    const symbols = frames!.flatMap(
      ({ url }) => (source.via === "rest" ? source.symbolOf(url ?? "") : []) ?? [],
    );
    const names = [...new Set(symbols)].map((symbol) => instrumentOf({ symbol, canonical: symbol }));
    const twins = new Twins(venue, names);
    const texts = frames!.flatMap(({ dir, text }) => (dir === "in" ? [text!] : []));
    for (const text of texts) same(twins, encodeText(text));
    const hot = texts.filter((text) => !text.includes('"e":"kline"') && !text.includes("forceOrder"));
    expect(twins.taken).toBe(hot.length);
  });
});

/** The text with a few of its numbers written in another way, some of which are no numbers. */
function renumbered(next: Random, text: string): string {
  const spots = [...text.matchAll(/(?<=[:"[,])-?\d+(?:\.\d+)?(?=[",\]}])/g)];
  let changed = text;
  for (let changes = 1 + Math.floor(next() * 2); changes > 0 && spots.length > 0; changes--) {
    const [{ index, 0: old }] = spots.splice(Math.floor(next() * spots.length), 1) as [RegExpExecArray];
    if (changed.slice(index, index + old.length) !== old) continue;
    changed = changed.slice(0, index) + numberText(next, old) + changed.slice(index + old.length);
  }
  return changed;
}

/** The text with one digit of a time in it changed, and now and then the whole of it. */
function retimed(next: Random, text: string): string {
  const times = [...text.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)];
  if (times.length === 0) return renumbered(next, text);
  const { index, 0: old } = times[Math.floor(next() * times.length)]!;
  const at = Math.floor(next() * old.length);
  const made =
    next() < 0.2
      ? TIMES[Math.floor(next() * TIMES.length)]!
      : old.slice(0, at) + DIGITS[Math.floor(next() * 10)]! + old.slice(at + 1);
  return text.slice(0, index) + made + text.slice(index + old.length);
}

const TIMES = [
  "1970-01-01T00:00:00.123456Z",
  "1970-12-31T23:59:59.999999Z",
  "1971-01-01T00:00:00.000000Z",
  "2105-12-31T23:59:59.999999999Z",
  "2106-01-01T00:00:00.000000Z",
  "2026-02-29T24:00:00.000000Z",
  "2026-06-30T23:59:60.500000Z",
  "2026-06-30T23:59:61.500000Z",
  "0001-01-01T00:00:00.000000Z",
  "2026-06-30T23:59:59Z",
  "2026-06-30T23:59:59.1Z",
];

const DIGITS = "0123456789";

function digits(next: Random, count: number): string {
  const zeros = next() < 0.3;
  return Array.from({ length: count }, () => (zeros ? "0" : DIGITS[Math.floor(next() * 10)]!)).join("");
}

function numberText(next: Random, old: string): string {
  const whole = digits(next, Math.floor(next() ** 2 * 24));
  const places = digits(next, Math.floor(next() ** 2 * 24));
  const unpadded = whole.replace(/^0+(?=\d)/, "") || "0";
  switch (Math.floor(next() * 8)) {
    case 0:
      return whole;
    case 1:
      return `${whole}.${places}`;
    case 2:
      return `${unpadded}.${places}00000000`;
    case 3:
      return `${unpadded.slice(0, 7)}.${places.slice(0, 8)}1`;
    case 4:
      return `${old}e${Math.floor(next() * 5)}`;
    case 5:
      return `-${old}`;
    case 6:
      return String(Math.floor(next() * 2 ** 53));
    default:
      return `${old}${digits(next, Math.floor(next() * 12))}`;
  }
}

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
}

describe("the scanner's sources", () => {
  it("are what was built", () => {
    const into = join(mkdtempSync(join(tmpdir(), "scanner-")), "scanner.wasm");
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package;
    const build = scripts["build:scanner"]!.replace(
      "asconfig.json",
      `asconfig.json --outFile ${into}`,
    ).replaceAll("dist/venues/scanner.wasm", into);
    const path = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"]}`;
    const { status, stderr } = spawnSync(build, {
      cwd: ROOT,
      encoding: "utf8",
      shell: true,
      env: { ...process.env, PATH: path },
    });
    expect([status, stderr]).toEqual([0, ""]);
    const built = readFileSync(join(ROOT, "dist/venues/scanner.wasm"));
    const made = readFileSync(into);
    rmSync(dirname(into), { recursive: true });
    expect(made.equals(built), "dist/venues/scanner.wasm is of other sources: run npm run build").toBe(true);
  });

  const constants = readdirSync(SOURCES)
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => [
      ...readFileSync(join(SOURCES, name), "utf8").matchAll(
        /^const (\w+): u\d+ = (0x[0-9a-f]+); \/\/ (.*)$/gm,
      ),
    ]);

  it("say in each key's comment what its bytes are", () => {
    expect(constants.length).toBeGreaterThan(40);
    for (const [, name, hex, text] of constants) {
      const value = [...text!].reduceRight((sum, char) => sum * 256n + BigInt(char.charCodeAt(0)), 0n);
      expect(`${name} 0x${value.toString(16)}`).toBe(`${name} ${hex}`);
    }
  });
});
