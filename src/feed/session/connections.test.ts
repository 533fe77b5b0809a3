import { describe, expect, it } from "vitest";
import { Connections } from "./connections.ts";
import type { Connection } from "./connections.ts";
import type { Shard } from "./subscribe.ts";
import { subscriptionKey } from "../../model/index.ts";
import type { Request, SocketEndpoint, Subscription, Venue } from "../../model/index.ts";

const BOOKS: SocketEndpoint = { name: "books", url: "wss://a", channels: ["book", "quote"] };
const TRADES: SocketEndpoint = { name: "trades", url: "wss://b", channels: ["trade"] };

/** What a connection is told to do, instead of a session on a socket. */
class Told {
  readonly endpoint: SocketEndpoint;
  readonly log: string[];
  readonly name: string;
  readonly #keys: Map<string, Subscription>;

  constructor({ endpoint, subscriptions }: Shard, name: string, log: string[]) {
    this.endpoint = endpoint;
    this.name = name;
    this.log = log;
    this.#keys = new Map(subscriptions.map((one) => [subscriptionKey(one), one]));
  }
  get size(): number {
    return this.#keys.size;
  }
  get wanted(): number {
    return this.#keys.size;
  }
  has(one: Subscription): boolean {
    return this.#keys.has(subscriptionKey(one));
  }
  carries(symbol: string): boolean {
    return [...this.#keys.values()].some((one) => one.symbol === symbol);
  }
  start(): void {
    this.log.push(`${this.name} opens ${[...this.#keys.keys()].join(" ")}`);
  }
  stop(): void {
    this.log.push(`${this.name} closes`);
  }
  add(subscriptions: readonly Subscription[]): void {
    for (const one of subscriptions) this.#keys.set(subscriptionKey(one), one);
    this.log.push(`${this.name} adds ${subscriptions.map(subscriptionKey).join(" ")}`);
  }
  remove(subscriptions: readonly Subscription[]): void {
    for (const one of subscriptions) this.#keys.delete(subscriptionKey(one));
    this.log.push(`${this.name} removes ${subscriptions.map(subscriptionKey).join(" ")}`);
  }
}

function rig(addressed = false): { connections: Connections; log: string[]; placed: string[] } {
  const log: string[] = [];
  const placed: string[] = [];
  const subscribe = (covers: readonly Subscription[], nextId: () => number): Request[] =>
    addressed ? [] : [{ id: nextId(), text: "", covers }];
  const venue = {
    id: "binance",
    sockets: [BOOKS, TRADES],
    limits: { streamsPerSocket: 4 },
    subscribe,
  } as unknown as Venue;
  let count = 0;
  const open = (one: Shard): Connection =>
    ({ session: new Told(one, `${one.endpoint.name}${++count}`, log), link: {} }) as unknown as Connection;
  return { connections: new Connections(venue, open), log, placed };
}

const of = (text: string): Subscription[] =>
  text.split(" ").map((key) => {
    const [channel, symbol] = key.split(":");
    return { channel: channel as "book", symbol: symbol! };
  });

function place(one: ReturnType<typeof rig>, text: string): string[] {
  one.connections.place(of(text), () => undefined);
  return one.log.splice(0);
}

function drop(one: ReturnType<typeof rig>, text: string): string[] {
  one.connections.drop(of(text));
  return one.log.splice(0);
}

describe("Connections", () => {
  it("fills what is open, keeps a symbol together, and opens one when there is no room", () => {
    const one = rig();
    expect(place(one, "book:A trade:A")).toEqual(["books1 opens book:A", "trades2 opens trade:A"]);
    expect(place(one, "book:B quote:B")).toEqual(["books1 adds book:B quote:B"]);
    expect(place(one, "book:C quote:C")).toEqual(["books3 opens book:C quote:C"]);
    expect(place(one, "quote:A")).toEqual(["books1 adds quote:A"]);
    expect(place(one, "book:D")).toEqual(["books3 adds book:D"]);
    expect(one.connections.of(of("quote:A")[0]!)).toBe(one.connections.all[0]);
  });

  it("unsubscribes part of a connection, and closes one that carries nothing else", () => {
    const one = rig();
    place(one, "book:A quote:A book:B quote:B book:C");
    expect(drop(one, "book:A quote:A book:C trade:X")).toEqual([
      "books1 removes book:A quote:A",
      "books2 closes",
      "books2 removes book:C",
    ]);
    expect(one.connections.all).toHaveLength(1);
    expect(place(one, "book:D quote:D")).toEqual(["books1 adds book:D quote:D"]);
  });

  it("does not disturb a connection whose address asks", () => {
    const one = rig(true);
    expect(place(one, "book:A")).toEqual(["books1 opens book:A"]);
    expect(place(one, "book:B")).toEqual(["books2 opens book:B"]);
    expect(drop(one, "book:A")).toEqual(["books1 closes", "books1 removes book:A"]);
  });
});
