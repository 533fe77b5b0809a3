import { expect, it } from "vitest";
import { encodeText } from "../../src/model/index.ts";
import type { Control, Subscription, Venue } from "../../src/model/index.ts";
import { fixturesOf } from "./frames.ts";
import { channelsOf, instrumentsOf, namedChannelsOf } from "./venue-events.ts";
import { mutant, random } from "./venue-fuzz.ts";
import { RECV } from "./venue-rig.ts";

const SEED = 20261005;

/** A socket that carries all it may is asked for within so long, ms. */
const FULL_SOCKET_MS = 120_000;

/** Whether an answer names a subscription as active. One that names none stands for its whole request: nothing tells. */
function standsFor(control: Control, { channel, symbol }: Subscription): boolean {
  const same = (one: Subscription): boolean => one.channel === channel && one.symbol === symbol;
  if (control.type === "active") return control.subscriptions.some(same);
  if (control.type !== "ack") return false;
  if (control.only !== undefined) return control.only.some(same);
  return control.symbol === symbol && (control.channel === undefined || control.channel === channel);
}

/** What a venue asks for, and how it is answered. `sent`: frames of the venue, to be damaged. */
export function requestSuite(venue: Venue, folder: string, sent: () => readonly Uint8Array[]): void {
  const wanted = namedChannelsOf(venue).flatMap((channel) =>
    instrumentsOf(venue).map(({ symbol }): Subscription => ({ channel, symbol })),
  );
  const key = (one: Subscription): string => `${one.channel} ${one.symbol}`;

  it("cover every subscription once, each answered by its own ack", () => {
    for (const make of [venue.subscribe, venue.unsubscribe]) {
      let id = 40;
      const made = make(wanted, () => ++id);
      expect(made.flatMap(({ covers }) => covers.map(key)).toSorted()).toEqual(wanted.map(key).toSorted());
      expect(new Set(made.map((request) => request.id)).size).toBe(made.length);
      for (const { text, covers } of made) {
        const heard = venue.server.request(text);
        if (heard instanceof Error) throw heard;
        expect(heard.op).toBe(make === venue.subscribe ? "subscribe" : "unsubscribe");
        expect(heard.subscriptions.map(key).toSorted()).toEqual(covers.map(key).toSorted());
      }
    }
  });

  it("stay within the venue's limits for as many symbols as one socket may carry", () => {
    const [channel] = channelsOf(venue);
    const many = Array.from({ length: venue.limits.streamsPerSocket }, (_, i) => ({
      channel: channel!,
      symbol: `A${i}B`,
    }));
    let id = 0;
    const made = venue.subscribe(many, () => ++id);
    expect(made.flatMap(({ covers }) => covers)).toHaveLength(many.length);
    for (const { text } of made) expect(text.length).toBeLessThanOrEqual(64 * 1024);
    const { messages, messageWindowMs, windows = [] } = venue.limits;
    for (const window of [{ count: messages, ms: messageWindowMs }, ...windows])
      expect((made.length / window.count) * window.ms).toBeLessThanOrEqual(FULL_SOCKET_MS);
    for (const { always = [] } of venue.sockets)
      expect(always.length).toBeLessThan(venue.limits.streamsPerSocket);
  });

  it("are not answered for what the answer leaves out", () => {
    let id = 0;
    for (const { text, covers } of venue.subscribe(wanted, () => ++id)) {
      const heard = venue.server.request(text);
      if (heard instanceof Error || covers.length < 2) continue;
      const [omitted, ...accepted] = covers;
      const connection = { path: "/", sequence: 0, active: accepted, now: () => RECV };
      const answers = venue.server.accept(heard, accepted, connection);
      for (const control of answers.flatMap((answer) => venue.control(answer)))
        expect([control.type, standsFor(control, omitted!)]).toEqual([control.type, false]);
    }
  });

  it("and frames stay below the largest the venue may send", () => {
    const sizes = fixturesOf(folder).flatMap(({ frames }) =>
      frames.map(({ dir, text, b64 }) => (dir === "in" ? (text ?? b64 ?? "").length : 0)),
    );
    expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(venue.limits.maxFrame);
  });

  it("are answered in a way that `control` reads", () => {
    let id = 0;
    for (const { text, covers } of venue.subscribe(wanted, () => ++id)) {
      const heard = venue.server.request(text);
      if (heard instanceof Error) throw heard;
      const connection = { path: "/", sequence: 0, active: [...covers], now: () => RECV };
      const answers = venue.server
        .accept(heard, covers, connection)
        .flatMap((answer) => venue.control(answer));
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.filter(({ type }) => type !== "ack" && type !== "active")).toEqual([]);
    }
    const error = venue.server.request("{]");
    expect(error).toBeInstanceOf(Error);
    const connection = { path: "/", sequence: 0, active: [], now: () => RECV };
    const said = venue.server.failure(error as Error, connection).flatMap((text) => venue.control(text));
    expect(said.some(({ type }) => type === "error" || type === "refused")).toBe(true);
  });

  it("leave `control` and the server standing when they are damaged", () => {
    const next = random(SEED + 9);
    let id = 0;
    const asked = venue.subscribe(wanted, () => ++id).map(({ text }) => encodeText(text));
    const frames = [...sent(), ...asked];
    for (let i = 0; i < 3000; i++) {
      const text = new TextDecoder().decode(mutant(next, frames));
      expect(Array.isArray(venue.control(text))).toBe(true);
      expect(typeof venue.server.request(text)).toBe("object");
    }
  });
}
