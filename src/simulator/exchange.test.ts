import { describe, expect, test } from "vitest";
import type { Channel, Subscription } from "../model/index.ts";
import { Rig } from "../../test/contracts/venue-rig.ts";
import { VENUES } from "../venues/index.ts";
import { Exchange } from "./exchange.ts";
import { specsOf } from "./lineup.ts";
import { World } from "./market.ts";
import { Random } from "./random.ts";
import { Truth } from "./truth.ts";
import type { Wire } from "./wire.ts";

const ORIGIN = 1_760_000_000_000_000;

/** Keeps what was sent; everything else is noted by name. */
class Tape implements Wire {
  readonly texts: string[] = [];
  readonly notes: string[] = [];
  send(text: string): void {
    this.texts.push(text);
  }
  raw(bytes: Buffer): void {
    this.notes.push(`raw ${bytes.length}`);
  }
  flush(): void {}
  ping(): void {
    this.notes.push("ping");
  }
  close(code: number): void {
    this.notes.push(`close ${code}`);
  }
  reset(): void {
    this.notes.push("reset");
  }
  end(): void {
    this.notes.push("end");
  }
  freeze(): void {
    this.notes.push("freeze");
  }
  drip(): void {}
  hold(on: boolean): void {
    this.notes.push(on ? "hold" : "release");
  }
}

const STREAMS: ReadonlySet<Channel> = new Set<Channel>([
  "trade",
  "agg_trade",
  "quote",
  "book",
  "ticker",
  "liquidation",
]);

interface Run {
  exchange: Exchange;
  tapes: Tape[];
}

/** A venue with one client per socket endpoint that asks for everything, run for `seconds` in steps of `step` us. */
function run(venueIndex: number, seed: string, seconds: number, step: number): Run {
  const venue = VENUES[venueIndex]!;
  const world = new World(new Random(seed), ORIGIN);
  const specs = specsOf({ venue }, 3, world.random);
  const options = { venue, world, truth: new Truth(), specs, rate: 250, limits: false, wallMs: () => 0 };
  const exchange = new Exchange(options);
  const tapes = venue.sockets.map((endpoint) => {
    const tape = new Tape();
    const { pathname, search } = new URL(venue.connectUrl(endpoint, endpoint.url));
    const session = exchange.connect(pathname + search, tape)!;
    const wanted = specs.flatMap(({ instrument: { symbol } }) =>
      endpoint.channels
        .filter((channel) => STREAMS.has(channel))
        .map((channel): Subscription => ({ channel, symbol })),
    );
    let id = 1;
    for (const request of venue.subscribe([...(endpoint.always ?? []), ...wanted], () => id++))
      session.receive(request.text);
    return tape;
  });
  for (let at = ORIGIN; at < ORIGIN + seconds * 1e6; at += step) exchange.run(at);
  exchange.run(ORIGIN + seconds * 1e6);
  return { exchange, tapes };
}

describe.each(VENUES.map((venue, i) => [venue.id, i] as const))("%s", (_, i) => {
  test("one seed gives the same first frames, byte by byte, whatever the steps; another seed gives others", () => {
    const [seconds, frames] = i === 0 ? [48, 10_000] : [8, 1000];
    const one = run(i, "frames", seconds, 5000).tapes.map((tape) => tape.texts.slice(0, frames));
    const two = run(i, "frames", seconds, 7919).tapes.map((tape) => tape.texts.slice(0, frames));
    expect(one[0]!.length).toBe(frames);
    expect(two).toEqual(one);
    expect(run(i, "others", 2, 5000).tapes[0]!.texts.slice(0, 500)).not.toEqual(one[0]!.slice(0, 500));
  });

  test("what an endpoint does not carry is accepted and stays silent; the endpoints together carry everything", () => {
    const { exchange, tapes } = run(i, "all", 5, 10_000);
    expect(exchange.stats.messages).toBe(tapes.reduce((sum, tape) => sum + tape.texts.length, 0));
    // An endpoint of nothing but the venue's state has nothing to say here.
    const { sockets } = exchange.venue;
    const lively = tapes.filter((_tape, n) => sockets[n]!.channels.some((channel) => STREAMS.has(channel)));
    for (const tape of lively) expect(tape.texts.length).toBeGreaterThan(20);
  });

  test("unsubscribing ends the stream", () => {
    const { exchange, tapes } = run(i, "stop", 1, 10_000);
    const { venue, specs } = exchange;
    const [session] = exchange.sessions;
    const { symbol } = specs[0]!.instrument;
    let id = 90;
    const books = session!.active.filter((one) => one.channel === "book" && one.symbol === symbol);
    expect(books.length).toBe(1);
    for (const request of venue.unsubscribe(books, () => id++)) session!.receive(request.text);
    expect(session!.active).not.toContain(books[0]);
    tapes[0]!.texts.length = 0;
    exchange.run(exchange.time + 2e6);
    const quiet = tapes[0]!.texts.filter(
      (text) => /depthUpdate|l2_data|"book"/.test(text) && text.includes(`"${symbol}"`),
    );
    expect(quiet).toEqual([]);
    expect(tapes[0]!.texts.length).toBeGreaterThan(10);
  });

  test("a stalled symbol is silent while the others flow; then it flows again", () => {
    const { exchange, tapes } = run(i, "stall", 1, 10_000);
    const { symbol } = exchange.specs[0]!.instrument;
    const [session] = exchange.sessions;
    // What the venue calls it in its frames is for its own parser to know.
    const rig = new Rig(exchange.venue, [exchange.specs[0]!.instrument]);
    const mine = (): number => tapes[0]!.texts.flatMap((text) => rig.text(text).events).length;
    session!.gate.silence(symbol, true);
    tapes[0]!.texts.length = 0;
    exchange.run(exchange.time + 2e6);
    expect([mine(), tapes[0]!.texts.length > 50]).toEqual([0, true]);
    session!.gate.silence(symbol, false);
    exchange.run(exchange.time + 2e6);
    expect(mine()).toBeGreaterThan(20);
  });
});
