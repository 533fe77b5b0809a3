import fc from "fast-check";
import { expect, it } from "vitest";
import { FRAME, encodeText } from "../../src/model/index.ts";
import type { TradeEvent, TradeSpan, Venue } from "../../src/model/index.ts";
import { scenes } from "./venue-events.ts";
import { RECV, Rig } from "./venue-rig.ts";
import type { Read } from "./venue-rig.ts";

const SEED = 20261121;

/** Some hundred trades of one instrument, a few milliseconds apart, with ids that skip some. */
function tradesOf(venue: Venue, count: number): { trades: TradeEvent[]; scene: { instrument: object } } {
  const [scene] = fc.sample(scenes(venue, "trade")!, { seed: SEED, numRuns: 1 });
  const { event } = scene!;
  if (event.type !== "trade") throw new Error("expected a trade");
  const trades = Array.from({ length: count }, (_, i): TradeEvent => ({
    ...event,
    id: String(5000 + i + Math.floor(i / 7)),
    size: (i + 1) / 1000,
    side: i % 3 === 0 ? "sell" : "buy",
    ts_event: RECV - 1_000_417 + i * 3000,
    ts_recv: RECV,
  }));
  return { trades, scene: scene! };
}

function spanOf(from: TradeEvent, to: TradeEvent): TradeSpan {
  const [fromTime, toTime] = [from.ts_event!, to.ts_event!];
  return { channel: "trade", from: Number(from.id), fromTime, to: Number(to.id), toTime };
}

/** What a venue's list of past trades says is what its stream said: for venues that have one. */
export function historySuite(venue: Venue): void {
  const { history, server } = venue;
  if (history === undefined) return;
  const { trades, scene } = tradesOf(venue, 400);
  const { symbol } = trades[0]!;
  const instrument = scene.instrument as Parameters<NonNullable<typeof server.history>["body"]>[1];
  const rig = new Rig(venue, [instrument]);
  const answer = (span: TradeSpan, refused = 0): string => {
    const { path } = history.request(symbol, span, refused)!;
    const asked = server.history!.read(path, [symbol]);
    expect(asked).toEqual({ symbol, channel: "trade" });
    return server.history!.body(trades, instrument, path);
  };

  it("lists past trades with the ids, times and figures of its stream, oldest first", () => {
    const span = spanOf(trades[20]!, trades[45]!);
    for (let refused = 0; history.request(symbol, span, refused) !== null; refused++) {
      const { frame, events } = past(rig, answer(span, refused), symbol);
      expect(frame).toBe(FRAME.DATA);
      expect(events).toEqual(trades.filter(({ id }) => events.some((one) => "id" in one && one.id === id)));
      // One answer holds both ends of so short a span, and all between them.
      const ids = events.map((one) => ("id" in one ? one.id : ""));
      expect(ids).toEqual(expect.arrayContaining(trades.slice(20, 46).map(({ id }) => id)));
    }
  });

  it("asks within its limits, of its own server", () => {
    const span = spanOf(trades[0]!, trades[399]!);
    const { path, weight } = history.request(symbol, span, 0)!;
    expect(weight).toBeLessThanOrEqual(venue.limits.restWeight / 2);
    expect(path.startsWith("/")).toBe(true);
    expect(server.history!.read("/somewhere/else?symbol=X", [symbol])).toBeNull();
  });

  it("takes no list that is cut, of another form, or an error", () => {
    const body = answer(spanOf(trades[20]!, trades[22]!));
    for (let length = 0; length < body.length; length += Math.ceil(body.length / 40)) {
      const { frame, slots } = past(rig, body.slice(0, length), symbol);
      expect([frame, slots.length]).toEqual([FRAME.BAD, 0]);
    }
    const others = ["{}", "null", "[1]", "[[]]", '{"error":["EGeneral"]}', server.restError(429).body];
    for (const other of others) {
      const { frame, slots } = past(rig, other, symbol);
      expect([other, frame, slots.length]).toEqual([other, FRAME.BAD, 0]);
    }
  });
}

function past(rig: Rig, body: string, symbol: string): Read {
  rig.stampRecv(BigInt(RECV) * 1000n);
  const bytes = encodeText(body);
  const at = 16;
  rig.slab.bytes.set(bytes, at);
  return rig.past(at, bytes.length, symbol);
}
