import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf, VENUE_CODES } from "../../src/model/index.ts";
import type { VenueId } from "../../src/model/index.ts";
import { VENUES, venueById } from "../../src/venues/index.ts";
import { plainFrame, plainSnapshot } from "./binance-plain.ts";
import { captureOf, fixturesOf } from "./frames.ts";
import type { FrameLine } from "./frames.ts";
import { fixtureRig, readLine, venueContract } from "./venue.ts";
import type { VenueHooks } from "./venue.ts";
import { Rig } from "./venue-rig.ts";

/** Rules that only one venue has; the suite itself knows none. */
const HOOKS: Partial<Record<VenueId, VenueHooks>> = {};

describe("the list of venues", () => {
  it("gives each its own id and number, those that are known by heart theirs", () => {
    expect(new Set(VENUES.map(({ id }) => id)).size).toBe(VENUES.length);
    expect(new Set(VENUES.map(({ code }) => code)).size).toBe(VENUES.length);
    const known = new Map<string, number>(Object.entries(VENUE_CODES));
    const heart = new Set<number>(known.values());
    for (const { id, code } of VENUES) {
      const own = Number.isInteger(code) && code > 0 && code < 1 << 16 && !heart.has(code);
      expect(known.get(id) ?? (own ? code : "a number from 1 to 65535 that no other venue has"), id).toBe(
        code,
      );
    }
  });
});

for (const venue of VENUES) venueContract(venue, HOOKS[venue.id]);

/** Sessions recorded from Binance, and the symbols in them. */
const CAPTURES: readonly (readonly [file: string, venue: VenueId, frames: number])[] = [
  ["binance-spot", "binance", 269],
  ["binance-us", "binance-us", 484],
  ["binance-usdm", "binance-usdm", 1539],
];

/** Every event of a session equals the naive reading of its text; returns how often each verdict came. */
function compare(rig: Rig, frames: readonly FrameLine[]): Record<number, number> {
  const symbols = new Set(rig.instruments.map(({ symbol }) => symbol));
  const verdicts: Record<number, number> = {};
  for (const line of frames) {
    const read = readLine(rig, line);
    if (read === null) continue;
    verdicts[read.frame] = (verdicts[read.frame] ?? 0) + 1;
    const context = { venue: rig.venue, symbols, recv: Number(BigInt(line.ts) / 1000n) };
    const source = rig.venue.snapshot;
    const symbol = source.via === "rest" && line.dir === "http" ? source.symbolOf(line.url!) : null;
    const naive =
      symbol === null ? plainFrame(line.text!, context) : [plainSnapshot(line.text!, symbol, context)];
    expect(read.frame === FRAME.DATA, line.text!.slice(0, 200)).toBe(naive !== null);
    expect(read.events).toEqual(naive ?? []);
  }
  return verdicts;
}

describe.each(["binance", "binance-usdm", "binance-coinm", "binance-us"])("fixtures of %s", (id) => {
  it("mean what a naive reading says", () => {
    const rig = fixtureRig(venueById(id)!);
    for (const { frames } of fixturesOf(id)) compare(rig, frames);
  });
});

describe.each(CAPTURES)("recorded session %s", (file, id, count) => {
  const frames = captureOf(file);

  it.skipIf(frames === null)("is read whole, on the fast path, value for value", () => {
    const venue = venueById(id)!;
    const source = venue.snapshot;
    if (source.via !== "rest") throw new Error("expected REST snapshots");
    const symbols = new Set(frames!.flatMap(({ url }) => source.symbolOf(url ?? "") ?? []));
    const names = [...symbols].map((symbol) => instrumentOf({ symbol, canonical: venue.canonical(symbol)! }));
    const rig = new Rig(venue, names);
    const verdicts = compare(rig, frames!);
    const data = frames!.filter((line) => line.dir === "in" && !line.text!.includes('"e":"kline"'));
    for (const line of data) {
      const { fallbacks, slowFallbacks } = readLine(rig, line)!;
      expect([fallbacks, slowFallbacks]).toEqual([0, 0]);
    }
    expect(verdicts[FRAME.DATA]! + verdicts[FRAME.IGNORED]!).toBe(count);
  });
});
