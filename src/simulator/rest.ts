import type { IncomingMessage, ServerResponse } from "node:http";
import { Budget } from "./budget.ts";
import { type Exchange, pathOf } from "./exchange.ts";
import type { FaultName } from "./faults.ts";

const MINUTE = 60_000;
/** Most levels a snapshot has, whatever is asked for. */
const MAX_DEPTH = 5000;

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
  /** It is (a page of) the venue's list. */
  list?: true;
}

/** Statuses that are faults by themselves. */
const STATUS_FAULTS: readonly (readonly [FaultName, number])[] = [
  ["rest_429", 429],
  ["rest_418", 418],
  ["rest_503", 503],
];

/** The REST side of one venue: metadata, book snapshots and past trades under a weight limit, with its faults. */
export class Rest {
  readonly #exchange: Exchange;
  readonly #speed: number;
  readonly #budget: Budget;
  /** Snapshot bodies as they were when `rest_stale` began. */
  #stale = new Map<string, string>();

  constructor(exchange: Exchange, speed: number) {
    this.#exchange = exchange;
    this.#speed = speed;
    this.#budget = new Budget(exchange.limits ? exchange.venue.limits.restWeight : Infinity, MINUTE);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { switches, time, stats } = this.#exchange;
    stats.restRequests += 1;
    if (switches.on("rest_hang", time)) return;
    const answer = this.#answer(request.method ?? "GET", request.url ?? "/");
    if (answer.status === 429) stats.restLimited += 1;
    const { body } = answer;
    const headers = {
      "content-type": "application/json",
      ...this.#date(),
      ...this.#used(),
      ...answer.headers,
    };
    if (switches.on("rest_reset", time)) return tearOff(request, response, answer.status, headers, body);
    const cut = answer.status === 200 && switches.on("rest_truncated", time);
    response.writeHead(answer.status, headers);
    response.end(cut ? body.slice(0, Math.floor(body.length / 2)) : body);
    if (answer.list === true && !cut) this.#exchange.listsGiven += 1;
  }

  /** Keeps the books of now: while `rest_stale` is on, every snapshot is one of these. */
  freezeSnapshots(): void {
    const { venue, market } = this.#exchange;
    this.#stale = new Map(
      market.listings.map((listing) => [
        listing.instrument.symbol,
        venue.server.snapshotBody(
          this.#exchange.publisher.restSnapshot(listing, MAX_DEPTH),
          listing.instrument,
        ),
      ]),
    );
  }

  /** The time by a clock that is wrong; one that is right is read by the server itself. */
  #date(): Record<string, string> {
    const { clockSkewMs } = this.#exchange;
    return clockSkewMs === 0 ? {} : { date: new Date(Date.now() + clockSkewMs).toUTCString() };
  }

  /** The header with the weight used in this minute, where the venue has one. */
  #used(): Record<string, string> {
    const { usedWeightHeader } = this.#exchange.venue.rest;
    return usedWeightHeader === undefined ? {} : { [usedWeightHeader]: String(this.#budget.used) };
  }

  #answer(method: string, url: string): Answer {
    const { switches, time } = this.#exchange;
    if (method !== "GET") return this.#error(405);
    const fault = STATUS_FAULTS.find(([name]) => switches.on(name, time));
    if (fault !== undefined) return this.#error(fault[1], this.#seconds(switches.left(fault[0], time) / 1e6));
    const route = this.#route(url);
    if (this.#budget.take(this.#exchange.wallMs(), route.weight)) return route.answer();
    return this.#error(429, Math.ceil(this.#budget.left(this.#exchange.wallMs()) / 1000));
  }

  /** Simulated seconds as whole real ones, at least one. */
  #seconds(simulated: number): number {
    return Math.max(1, Math.ceil(simulated / this.#speed));
  }

  #error(status: number, retryAfter?: number): Answer {
    const { body, headers } = this.#exchange.venue.server.restError(status);
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    if (retryAfter !== undefined) named["retry-after"] = String(retryAfter);
    return { status, body, headers: named };
  }

  #route(url: string): { weight: number; answer: () => Answer } {
    const { venue } = this.#exchange;
    const base = pathOf(venue.rest.url);
    const asked = url.split("?")[0];
    const metadata = venue.instruments.requests.find(({ path }) => asked === base + path.split("?")[0]);
    if (metadata !== undefined)
      return { weight: metadata.weight, answer: () => this.#metadata(url.slice(base.length)) };
    const past = this.#past(url.slice(base.length));
    if (past !== null) return past;
    const source = venue.snapshot.via === "rest" ? venue.snapshot : venue.audit;
    const symbol = source?.symbolOf(new URL(url, venue.rest.url).href) ?? null;
    if (source === undefined || symbol === null) return { weight: 1, answer: () => this.#error(404) };
    return { weight: source.request(symbol).weight, answer: () => this.#snapshot(symbol, url) };
  }

  /** A list of past trades, where the request is for one. It weighs what the venue's own requests for such say. */
  #past(path: string): { weight: number; answer: () => Answer } | null {
    const { venue, publisher } = this.#exchange;
    const { history } = venue.server;
    const asked = history?.read(
      path,
      this.#exchange.instruments().map(({ symbol }) => symbol),
    );
    if (history === undefined || asked === undefined || asked === null) return null;
    const { symbol, channel } = asked;
    const span = { channel, from: 1, fromTime: 1, to: 1, toTime: 1 };
    const weight = venue.history?.request(symbol, span, 0)?.weight ?? 1;
    const answer = (): Answer => {
      const listing = this.#exchange.listing(symbol);
      if (listing === undefined) return this.#error(400);
      const trades = publisher.past(listing, channel);
      return { status: 200, body: history.body(trades, listing.instrument, path) };
    };
    return { weight, answer };
  }

  #metadata(path: string): Answer {
    const { venue } = this.#exchange;
    const body = venue.server.instrumentsBody(this.#exchange.instruments(), path);
    return { status: 200, body, list: true };
  }

  #snapshot(symbol: string, url: string): Answer {
    const { venue, publisher, switches, time } = this.#exchange;
    const listing = this.#exchange.listing(symbol);
    if (listing === undefined) return this.#error(400);
    const stale = switches.on("rest_stale", time) ? this.#stale.get(listing.instrument.symbol) : undefined;
    if (stale !== undefined) return { status: 200, body: stale };
    this.#exchange.fetched(listing.instrument.symbol);
    const event = publisher.restSnapshot(listing, depthOf(url));
    return { status: 200, body: venue.server.snapshotBody(event, listing.instrument) };
  }
}

/** Levels asked for: the query's only whole number, whatever the venue calls it. */
function depthOf(url: string): number {
  const values = [...new URL(url, "http://simulator").searchParams.values()];
  const asked = Number(values.find((value) => /^\d+$/.test(value)) ?? MAX_DEPTH);
  return Math.max(1, Math.min(MAX_DEPTH, asked));
}

/** Announces the whole body, sends half of it and resets the connection. */
function tearOff(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.write(body.slice(0, Math.floor(body.length / 2)), () => request.socket.resetAndDestroy());
}
