import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeText, FRAME, instrumentOf } from "../../src/model/index.ts";
import type { Channel, Instrument, MarketEvent, Venue } from "../../src/model/index.ts";
import { expectedOf, fixturesOf, symbolsOf, writeExpected } from "./frames.ts";
import type { FrameLine } from "./frames.ts";
import { bytesOf, carried, channelsOf, frameOf, instrumentsOf, isBinary, scenes } from "./venue-events.ts";
import type { Scene } from "./venue-events.ts";
import { fuzzCount, mutant, random } from "./venue-fuzz.ts";
import { reordered, rewritable, rewritten } from "./venue-rewrite.ts";
import { RECV, Rig } from "./venue-rig.ts";
import { historySuite } from "./venue-history.ts";
import { requestSuite } from "./venue-requests.ts";
import type { Read } from "./venue-rig.ts";
import { saysOf } from "./venue-says.ts";

/** What a venue's own rules add to the suite. */
export interface VenueHooks {
  /** Called with the events of each fixture file: a venue with checksums proves them here. */
  readonly fixture?: (events: MarketEvent[], name: string) => void;
  /**
   * What a frame says by a naive reading, null where it is no data: instead of JSON.parse, for a venue whose frames are
   * no text. It knows the symbols of the rig.
   */
  readonly naive?: (frame: Uint8Array, rig: Rig) => MarketEvent[] | null;
  /** Folder of its fixtures, where that is not its id: of a venue with a switch set. */
  readonly folder?: string;
}

const SEED = 20261005;
const RUNS = 150;

/** The contract of DESIGN section 4, for any venue. */
export function venueContract(venue: Venue, hooks: VenueHooks = {}): void {
  const { folder = venue.id } = hooks;
  describe(`venue ${folder}`, () => {
    describe("fixtures", () => fixtureSuite(venue, hooks));
    describe("frames it writes itself", () => roundTripSuite(venue));
    describe("damaged frames", () => damageSuite(venue, folder, hooks.naive));
    describe("requests", () => requestSuite(venue, folder, () => corpus(venue, folder)));
    describe("names and metadata", () => metadataSuite(venue));
    if (venue.history !== undefined) describe("past trades", () => historySuite(venue));
  });
}

/** The rig for a venue's fixtures: their symbols, named by the venue's rule. */
export function fixtureRig(venue: Venue, folder: string = venue.id): Rig {
  const symbols = symbolsOf(folder);
  return new Rig(
    venue,
    symbols.map((symbol) => instrumentOf({ symbol, canonical: venue.canonical(symbol) ?? symbol })),
  );
}

/** Reads one line of a session as a lane would; null for lines that carry no bytes of the venue. */
export function readLine(rig: Rig, line: FrameLine): Read | null {
  const bytes = bytesOfLine(line);
  if (bytes === null || (line.dir !== "in" && line.dir !== "http")) return null;
  rig.stampRecv(BigInt(line.ts));
  if (line.dir === "in") return rig.bytes(bytes, { at: 5, behind: 0x37 });
  const source = rig.venue.snapshot;
  const symbol = source.via === "rest" ? source.symbolOf(line.url ?? "") : null;
  return symbol === null ? null : rig.snapshot(line.text!, symbol, { at: 5, behind: 0x37 });
}

/** What a line of a session carries, or null. */
function bytesOfLine({ text, b64 }: FrameLine): Uint8Array | null {
  if (b64 !== undefined) return Buffer.from(b64, "base64");
  return text === undefined ? null : encodeText(text);
}

/** The fixtures of a venue give what is expected of them; all that can be said where its names are not those of the scenes. */
export function fixtureSuite(venue: Venue, hooks: VenueHooks = {}): void {
  const { folder = venue.id } = hooks;
  const files = fixturesOf(folder);

  it("exist, and give exactly the expected events", () => {
    expect(files.length, `frames in fixtures/venues/${folder}/*.jsonl`).toBeGreaterThan(0);
    const rig = fixtureRig(venue, folder);
    const events = files.flatMap(({ frames }) => frames.flatMap((line) => readLine(rig, line)?.events ?? []));
    if (process.env["WRITE_EXPECTED"] === folder) writeExpected(folder, events);
    expect(plain(events)).toEqual(expectedOf(folder));
  });

  it("are all of a known form", () => {
    const rig = fixtureRig(venue, folder);
    const strange = files.flatMap(({ name, frames }) =>
      frames
        .map((line) => [line, readLine(rig, line)] as const)
        .filter(([, read]) => read?.frame === FRAME.BAD || read?.frame === FRAME.UNKNOWN)
        .map(([line]) => `${name}: ${line.text ?? line.b64}`),
    );
    expect(strange).toEqual([]);
  });

  it("read the same twice, to the byte", () => {
    const [one, two] = [fixtureRig(venue, folder), fixtureRig(venue, folder)];
    for (const { frames } of files)
      for (const line of frames) expect(readLine(one, line)?.slots).toEqual(readLine(two, line)?.slots);
  });

  it("keep the venue's own rules", () => {
    const rig = fixtureRig(venue, folder);
    for (const { name, frames } of files)
      hooks.fixture?.(
        frames.flatMap((line) => readLine(rig, line)?.events ?? []),
        name,
      );
  });
}

/** As JSON carries it: no undefined, no -0. */
function plain(events: readonly MarketEvent[]): unknown {
  return JSON.parse(JSON.stringify(events));
}

/** The frame with a space before it: the same JSON, but nothing a positional reader can follow. */
function spaced(frame: Uint8Array): Uint8Array {
  const out = new Uint8Array(frame.length + 1);
  out[0] = 0x20;
  out.set(frame, 1);
  return out;
}

/**
 * The frame with one more key, before all others and with an escape in its name: nobody looks for it, but no way to read
 * the frame in place gets past it. What JSON.parse and the reference reader make of it is what the frame means.
 */
function escaped(frame: Uint8Array): Uint8Array {
  const open = frame.findIndex((byte) => byte > 0x20);
  if (frame[open] !== 0x7b) return frame;
  const empty = frame.subarray(open + 1).find((byte) => byte > 0x20) === 0x7d;
  const key = encodeText(`"\\u005f":0${empty ? "" : ","}`);
  return Buffer.concat([frame.subarray(0, open + 1), key, frame.subarray(open + 1)]);
}

/** How often the way a frame is always written was not the one it was read by. */
function fellBack({ fallbacks, slowFallbacks }: Read): number {
  return fallbacks + slowFallbacks;
}

function hasAnyOrder(venue: Venue, channel: Channel): boolean {
  return saysOf(venue).any_order?.includes(channel) ?? false;
}

/** The main event of a frame: of the scene's type; a venue may add figures of another type beside it. */
function main(read: Read, scene: Scene): MarketEvent[] {
  return read.events.filter((event) => event.type === scene.event.type);
}

function roundTripSuite(venue: Venue): void {
  const rig = new Rig(venue, instrumentsOf(venue));

  it.each(channelsOf(venue))("%s: parse(encode(event)) is the event", (channel) => {
    fc.assert(
      fc.property(scenes(venue, channel)!, (scene) => {
        rig.stampRecv(BigInt(RECV) * 1000n);
        const read = rig.bytes(bytesOf(venue, scene), { at: 3, behind: 0x22 });
        expect(read.frame).toBe(FRAME.DATA);
        expect(main(read, scene)).toEqual([carried(venue, channel, scene.event)]);
        expect([fellBack(read), read.inexact]).toEqual([0, 0]);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  // There is one way to read a binary frame.
  const inText = isBinary(venue) ? [] : channelsOf(venue);
  it.each(inText)("%s: all ways to read a frame agree, to the byte", (channel) => {
    const next = random(SEED);
    fc.assert(
      fc.property(scenes(venue, channel)!, (scene) => {
        const frame = encodeText(frameOf(venue, scene));
        const fast = rig.bytes(frame);
        const others = [
          spaced(frame),
          encodeText(`${reordered(next, frameOf(venue, scene))} `),
          escaped(frame),
        ];
        const reads = others.map((one) => rig.bytes(one));
        expect([fast, ...reads].map(fellBack)).toEqual([0, 1, 1, 1]);
        if (hasAnyOrder(venue, channel))
          expect(reads.map(({ slowFallbacks }) => slowFallbacks)).toEqual([0, 0, 1]);
        for (const { slots } of reads) expect(slots).toEqual(fast.slots);
      }),
      { seed: SEED + 1, numRuns: RUNS },
    );
  });

  it.each(channelsOf(venue))("%s: where a frame lies and what lies behind it changes nothing", (channel) => {
    const places = fc.tuple(
      fc.integer({ min: 0, max: 4000 }),
      fc.constantFrom(0x30, 0x39, 0x22, 0x7d, 0x5d, 0x2c, 0),
    );
    fc.assert(
      fc.property(scenes(venue, channel)!, places, (scene, [offset, behind]) => {
        const frame = bytesOf(venue, scene);
        const first = rig.bytes(frame).slots;
        expect(rig.bytes(frame, { at: offset, behind }).slots).toEqual(first);
        // The last bytes of the slab: only the pad is left behind the frame.
        expect(rig.bytes(frame, { at: rig.slab.capacity - frame.length, behind }).slots).toEqual(first);
      }),
      { seed: SEED + 2, numRuns: 60 },
    );
  });

  it("skips events of symbols nobody asked for", () => {
    const empty = new Rig(venue, []);
    for (const frame of sampleFrames(venue)) {
      const read = empty.bytes(frame);
      expect([read.frame, read.events]).toEqual([FRAME.DATA, []]);
    }
  });

  if (venue.snapshot.via === "rest") snapshotTest(venue, rig);
  const { audit } = venue;
  if (audit === undefined) return;
  const fetching = { ...venue, snapshot: audit };
  describe("the book that live ones are compared with", () =>
    snapshotTest(fetching, new Rig(fetching, instrumentsOf(fetching))));
}

function snapshotTest(venue: Venue, rig: Rig): void {
  it("reads the REST snapshot it writes", () => {
    fc.assert(
      fc.property(scenes(venue, "partial_book") ?? scenes(venue, "book")!, ({ event, instrument }) => {
        if (event.type !== "book") throw new Error("expected a book");
        rig.stampRecv(BigInt(RECV) * 1000n);
        const full = { ...event, action: "snapshot", prev_seq: null } as const;
        const read = rig.snapshot(venue.server.snapshotBody(full, instrument), instrument.symbol, {
          behind: 0x39,
        });
        expect(read.frame).toBe(FRAME.DATA);
        expect(read.events).toEqual([{ ...full, ts_event: read.events[0]?.ts_event }]);
        expect([event.ts_event, null]).toContain(read.events[0]?.ts_event);
      }),
      { seed: SEED + 3, numRuns: RUNS },
    );
  });

  it("asks for a snapshot by an address it can read back", () => {
    const source = venue.snapshot;
    if (source.via !== "rest") throw new Error("expected REST");
    for (const { symbol } of [...instrumentsOf(venue), { symbol: "币安人生USDT" }]) {
      const { path, weight } = source.request(symbol);
      expect(source.symbolOf(venue.rest.url + path)).toBe(symbol);
      expect(weight).toBeLessThanOrEqual(venue.limits.restWeight);
    }
    expect(source.symbolOf(`${venue.rest.url}/somewhere/else?symbol=X`)).toBeNull();
  });
}

/** A few frames of each channel. */
function sampleFrames(venue: Venue, perChannel = 6): Uint8Array[] {
  return channelsOf(venue).flatMap((channel: Channel) =>
    fc
      .sample(scenes(venue, channel)!, { seed: SEED + 4, numRuns: perChannel })
      .map((scene) => bytesOf(venue, scene)),
  );
}

/** Frames to be damaged: what the venue sends, cold frames included, none longer than 2 kB. */
function corpus(venue: Venue, folder: string): Uint8Array[] {
  const written = fixturesOf(folder).flatMap(({ frames }) =>
    frames.flatMap((line) => (line.dir === "in" ? (bytesOfLine(line) ?? []) : [])),
  );
  return [...sampleFrames(venue), ...written].filter((frame) => frame.length <= 2048);
}

/** A frame that was not data must have left nothing behind. */
function leavesNothing(read: Read): boolean {
  return (
    read.frame >= FRAME.DATA &&
    read.frame <= FRAME.BAD &&
    (read.frame === FRAME.DATA || read.slots.length === 0)
  );
}

function damageSuite(venue: Venue, folder: string, naive: VenueHooks["naive"]): void {
  const rig = new Rig(venue, [...instrumentsOf(venue), ...fixtureRig(venue, folder).instruments]);

  it("is bad at every length but its own, whatever follows", () => {
    for (const frame of sampleFrames(venue, 2)) {
      rig.slab.bytes.set(frame, 8);
      for (let length = 0; length < frame.length; length++) {
        // The missing rest stands right behind the end: only `end` tells that it is not part of the frame.
        const read = rig.bytes(frame.slice(0, length), { at: 8, behind: frame[length]! });
        if (read.frame !== FRAME.BAD || read.slots.length > 0)
          throw new Error(
            `${length} of ${frame.length} bytes gave ${read.frame}: ${new TextDecoder().decode(frame)}`,
          );
      }
    }
  });

  it(`survives ${fuzzCount()} mutants (seed ${SEED})`, { timeout: 6 * 3600_000 }, () => {
    const next = random(SEED);
    const frames = corpus(venue, folder);
    const seen = Array.from({ length: FRAME.BAD + 1 }, () => 0);
    const count = fuzzCount();
    for (let i = 0; i < count; i++) {
      const frame = mutant(next, frames);
      const problem = examine(rig, frame, seen, naive);
      if (problem !== null)
        throw new Error(
          `mutant ${i} of seed ${SEED}: ${problem}: ${JSON.stringify(new TextDecoder().decode(frame))}`,
        );
    }
    expect(seen.reduce((sum, one) => sum + one, 0)).toBe(count);
    expect(seen[FRAME.BAD]).toBeGreaterThan(count / 4);
    expect(seen[FRAME.DATA]).toBeGreaterThan(0);
  });

  if (isBinary(venue)) return;
  it(
    `reads ${fuzzCount()} frames written otherwise as the reference does (seed ${SEED})`,
    { timeout: 6 * 3600_000 },
    () => {
      const next = random(SEED + 7);
      const frames = corpus(venue, folder).map((bytes) => rewritable(new TextDecoder().decode(bytes)));
      const seen = Array.from({ length: FRAME.BAD + 1 }, () => 0);
      for (let i = 0; i < fuzzCount(); i++) {
        const text = rewritten(next, frames[Math.floor(next() * frames.length)]!);
        const problem = examine(rig, encodeText(text), seen);
        if (problem !== null) throw new Error(`frame ${i} of seed ${SEED}: ${problem}: ${text}`);
      }
      expect(seen[FRAME.DATA]).toBeGreaterThan(fuzzCount() / 4);
    },
  );
}

/** Reads one damaged or rewritten frame; says what is wrong with the outcome, or null. */
function examine(rig: Rig, frame: Uint8Array, seen: number[], naive?: VenueHooks["naive"]): string | null {
  const at = frame.length % 2 === 0 ? 0 : rig.slab.capacity - frame.length;
  const read = rig.bytes(frame, { at });
  seen[read.frame]! += 1;
  if (!leavesNothing(read)) return `verdict ${read.frame} left ${read.slots.length} bytes`;
  if (naive !== undefined) return comparedWith(naive(frame, rig), read);
  if (read.frame !== FRAME.DATA) return null;
  if (read.events.length === 0 && read.slots.length > 0)
    return `${read.slots.length} bytes that are no event`;
  const slow = rig.bytes(escaped(frame));
  if (slow.frame !== FRAME.DATA) return `read as it is, but the reference says ${slow.frame}`;
  if (Buffer.compare(slow.slots, read.slots) !== 0 || slow.inexact !== read.inexact)
    return `read ${read.fallbacks === 0 ? "straight" : "in any order"}, but the reference differs`;
  return null;
}

/** What is wrong with an outcome beside what a naive reading says, or null. */
function comparedWith(events: MarketEvent[] | null, read: Read): string | null {
  if ((events !== null) !== (read.frame === FRAME.DATA))
    return `verdict ${read.frame}, but a naive reading has ${events?.length ?? "no"} events`;
  const same = isDeepStrictEqual(events ?? [], read.events);
  return same ? null : `read as ${JSON.stringify(read.events)}, naively as ${JSON.stringify(events)}`;
}

/** What every venue's metadata can say of an instrument. */
function facts({
  symbol,
  canonical,
  kind,
  base,
  quote,
  status,
  tick,
  lot,
  expiry,
}: Instrument): Partial<Instrument> {
  return { symbol, canonical, kind, base, quote, status, tick, lot, expiry };
}

/** What the venue's metadata requests and their further pages give when its own server answers. */
function everyPage(venue: Venue, instruments: readonly Instrument[]): Instrument[] {
  const asked = [...venue.instruments.requests];
  const read: Instrument[] = [];
  for (const request of asked) {
    const body = venue.server.instrumentsBody(instruments, request.path);
    read.push(...venue.instruments.parse(body));
    const next = venue.instruments.next?.(request, body) ?? null;
    if (next !== null) asked.push(next);
    if (asked.length > 100) throw new Error(`${venue.id}: metadata has no last page: ${request.path}`);
  }
  return read;
}

function metadataSuite(venue: Venue): void {
  const instruments = instrumentsOf(venue);

  it("names instruments both ways", () => {
    expect(instruments.length).toBeGreaterThan(0);
    for (const { symbol, canonical } of instruments) {
      expect(venue.canonical(symbol)).toBe(canonical);
      expect(venue.native(canonical)).toBe(symbol);
      // A canonical name is no native one, except where the venue writes them alike.
      expect([null, canonical]).toContain(venue.canonical(canonical));
    }
  });

  it("reads the metadata it writes, and refuses other bodies", () => {
    const read = everyPage(venue, instruments);
    const listed = instruments.filter(({ kind }) => !(saysOf(venue).unlisted?.includes(kind) ?? false));
    const bySymbol = (all: readonly Instrument[]): Partial<Instrument>[] =>
      all.toSorted((one, other) => (one.symbol < other.symbol ? -1 : 1)).map(facts);
    expect(bySymbol(read)).toEqual(bySymbol(listed));
    for (const body of ["", "<html>", "[]", "{}", "null"])
      expect(() => venue.instruments.parse(body)).toThrow(SyntaxError);
  });

  it("carries a channel on some socket for every stream it knows, on secure addresses", () => {
    for (const endpoint of venue.sockets) {
      expect(endpoint.url).toMatch(/^wss:/);
      expect(venue.connectUrl(endpoint, "ws://127.0.0.1:9")).toMatch(/^ws:\/\/127\.0\.0\.1:9(\/|$)/);
    }
    expect(venue.rest.url).toMatch(/^https:/);
  });
}
