import { Buffer } from "node:buffer";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf, withOptions } from "../../model/index.ts";
import type { Instrument, MarketEvent, Venue } from "../../model/index.ts";
import { FIXTURES, readFrames, symbolsOf } from "../../../test/contracts/frames.ts";
import type { FrameLine } from "../../../test/contracts/frames.ts";
import { HARDSHIPS } from "../../../test/contracts/hardships.ts";
import { HardshipLane } from "../../../test/contracts/hardship-lane.ts";
import type { Told } from "../../../test/contracts/hardship-lane.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import { encodeSbe } from "./sbe-encode.ts";
import { binance } from "./venue.ts";

/** What is agreed of each hardship of the JSON streams holds for the same session in binary: a whole lane tells the same. */

const SBE = withOptions(binance, { stream: "sbe" });
const SYMBOLS = symbolsOf("binance");
const rig = new Rig(
  binance,
  SYMBOLS.map((symbol): Instrument =>
    instrumentOf({ symbol, canonical: binance.canonical(symbol) ?? symbol }),
  ),
);

/** The session with its market data in binary; what is no event of one of our symbols stays text. */
function inBinary(frames: readonly FrameLine[]): FrameLine[] {
  return frames.map((frame) => {
    const read = frame.dir === "in" ? rig.text(frame.text!) : null;
    const [event] = read?.events ?? [];
    if (read?.frame !== FRAME.DATA || event === undefined) return frame;
    const { text: _text, ...rest } = frame;
    return { ...rest, b64: Buffer.from(bytesOf(event)).toString("base64") };
  });
}

function bytesOf(event: MarketEvent): Uint8Array {
  const instrument = rig.instruments.find(({ symbol }) => symbol === event.symbol)!;
  return encodeSbe(event, instrument, { path: "/stream", sequence: 0, active: [], now: () => 1 });
}

/** Quotes and partial books have a time in SBE alone; who asks for one gets the sender's clock here. */
function untimed(event: MarketEvent): MarketEvent {
  const full = event.type === "book" && event.action === "snapshot";
  return event.type === "quote" || full ? { ...event, ts_event: null } : event;
}

function played(venue: Venue, frames: readonly FrameLine[]): { told: Told[]; end: unknown } {
  const lane = new HardshipLane(venue, SYMBOLS);
  const told = frames.map((frame) => lane.take(frame));
  return {
    told: told.map(({ events, ...rest }) => ({ ...rest, events: events.map(untimed) })),
    end: lane.end(),
  };
}

describe("hardships in binary", () => {
  it.each(Object.keys(HARDSHIPS))("%s: the same events, controls, reports, counters and validity", (name) => {
    const frames = readFrames(join(FIXTURES, "binance/hardships", `${name}.jsonl`));
    const binary = inBinary(frames);
    expect(binary.filter(({ b64 }) => b64 !== undefined).length).toBeGreaterThan(1);
    expect(played(SBE, binary)).toEqual(played(binance, frames));
  });
});
