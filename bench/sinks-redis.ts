import { setTimeout } from "node:timers/promises";
import { createClient } from "redis";
import type { OpenSink, Sink } from "../src/sinks/index.ts";
import { redis } from "../src/sinks/redis.ts";
import { services, startService } from "../test/services/service.ts";
import type { BenchPlace, PlainEvent, PlainWriter, VendorBench, VendorCase } from "./sinks-vendor.ts";

/**
 * The loops are node-redis, a pipeline of a thousand events at a time, two under way, which is what it is fastest with. Like the sink they write trades one
 * by one and of quotes the newest of each symbol in a pipeline; books are left out by both, as without a lane there is no table of them. The
 * lossless row has no choice of that kind: every event is an entry.
 */
export const vendor: VendorBench = {
  sink: patient(redis as Sink) as Sink<never>,
  missing: () => services.missing("redis"),
  start: () => startService("redis"),
  cases: [
    streams(),
    scheme("native", { scheme: "native" }, nativeOf),
    scheme("b25", { scheme: "b25" }, b25Of),
    scheme("alphapulse", { scheme: "alphapulse", buffer_ms: 0 }, alphapulseOf),
    scheme("md-ingest", { scheme: "md-ingest" }, mdIngestOf),
  ],
};

/** A flush of what is best effort waits a quarter of a second for Redis; a round is over when Redis has answered for everything. */
function patient(sink: Sink): Sink {
  const open: Sink["open"] = async (options, host) => {
    const one = await sink.open(options, host);
    let end = 0;
    const wrapped: OpenSink = {
      resumeAt: (lane) => one.resumeAt?.(lane) ?? null,
      write: (batch) => {
        ({ end } = batch);
        return one.write(batch);
      },
      flush: async () => {
        for (;;) {
          const marks = await one.flush();
          if (Object.values(marks).includes(end)) return marks;
          await setTimeout(1);
        }
      },
      close: () => one.close(),
    };
    return wrapped;
  };
  return { ...sink, open };
}

const PIPELINE = 1000;
const MOST = 100_000;

type Client = ReturnType<typeof createClient>;
type Multi = ReturnType<Client["multi"]>;

function url({ server }: BenchPlace): string {
  return `redis://${server.host}:${server.port}`;
}

async function connected(place: BenchPlace): Promise<Client> {
  const client = createClient({ url: url(place) });
  await client.connect();
  return client as Client;
}

/** `put` says one pipeline's events in commands. */
async function loop(
  place: BenchPlace,
  put: (multi: Multi, events: readonly PlainEvent[]) => void,
): Promise<PlainWriter> {
  const client = await connected(place);
  return {
    write: async (events) => {
      let before: Promise<unknown> = Promise.resolve();
      for (let at = 0; at < events.length; at += PIPELINE) {
        const multi = client.multi();
        put(multi, events.slice(at, at + PIPELINE));
        const now = multi.execAsPipeline();
        await before;
        before = now;
      }
      await before;
    },
    close: async () => client.destroy(),
  };
}

function streams(): VendorCase {
  return {
    name: "lossless streams",
    options: (place) => ({ url: url(place), delivery: "lossless", prefix: place.word, stream_max: 0 }),
    plain: (place) =>
      loop(place, (multi, events) => {
        for (const event of events)
          multi.xAdd(`${place.word}:log:main`, `${event.log_seq}-1`, { data: JSON.stringify(event) });
      }),
    reset: async (place) => {
      const client = await connected(place);
      await client.del(`${place.word}:log:main`);
      client.destroy();
    },
  };
}

function scheme(name: string, options: object, put: (multi: Multi, event: PlainEvent) => void): VendorCase {
  return {
    name,
    options: (place) => ({ url: url(place), ...options }),
    plain: (place) =>
      loop(place, (multi, events) => {
        const newest = new Map<unknown, PlainEvent>();
        for (const event of events)
          if (event.type === "trade") put(multi, event);
          else if (event.type === "quote") newest.set(event.symbol, event);
        for (const event of newest.values()) put(multi, event);
      }),
  };
}

function nativeOf(multi: Multi, event: PlainEvent): void {
  const text = JSON.stringify(event);
  const rest = `${event.type}:${event.venue}:${event.instrument}`;
  multi.publish(`feedhorn:${rest}`, text).set(`feedhorn:latest:${rest}`, text);
}

function b25Of(multi: Multi, event: PlainEvent): void {
  const { symbol } = event;
  if (event.type === "trade") {
    const { id, price, size, side, ts_event: at } = event as unknown as Record<string, never>;
    const trade = {
      symbol,
      trade_id: Number(id),
      price,
      quantity: size,
      timestamp: Math.floor(at / 1000),
      is_buyer_maker: side === "sell",
    };
    multi.publish(`trades:${symbol}`, JSON.stringify(trade));
  }
}

function alphapulseOf(multi: Multi, event: PlainEvent): void {
  if (event.type !== "trade") return;
  const {
    venue,
    instrument,
    id,
    price,
    size,
    side,
    ts_event: at,
    ts_recv: recv,
  } = event as unknown as Record<string, never>;
  const trade = {
    timestamp: String(at / 1e6),
    price: String(price),
    volume: String(size),
    side,
    trade_id: id,
    symbol: instrument,
    exchange: venue,
    ingested_at: String(recv / 1e6),
  };
  multi.xAdd(`trades:${venue}:${instrument}`, "*", trade, {
    TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: MOST },
  });
  multi.set(`latest:${venue}:${instrument}`, JSON.stringify(trade));
}

function mdIngestOf(multi: Multi, event: PlainEvent): void {
  if (event.type !== "quote") return;
  const { venue, instrument, bid_price, bid_size, ask_price, ask_size, ts_event, ts_recv, log_seq } =
    event as unknown as Record<string, never>;
  const recv = new Date(ts_recv / 1000).toISOString();
  const key = `md:v1:spot_bbo:${venue}:${instrument}`;
  const body = {
    meta: { seq: log_seq, session_id: "1", recv_ts: recv },
    venue,
    product: instrument,
    exchange_ts: new Date(ts_event / 1000).toISOString(),
    bid_price: String(bid_price),
    bid_size: String(bid_size),
    ask_price: String(ask_price),
    ask_size: String(ask_size),
  };
  multi.set(key, JSON.stringify({ SpotBbo: body }));
  multi.publish("md:v1:updates", JSON.stringify({ type: "spot_bbo", key, recv_ts: recv }));
}
