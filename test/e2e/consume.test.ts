import { afterEach, describe, expect, it } from "vitest";
import { sharedService } from "../services/share.ts";
import {
  asked,
  ConsumeProcess,
  createTopic,
  eventually,
  KAFKA_SET,
  messagesOf,
  send,
} from "./consume-rig.ts";
import type { Sent } from "./consume-rig.ts";

const DAY_MS = 86_400_000;
const PATIENCE_MS = 240_000;

function trade(i: number, at: number): Sent {
  const side = i % 2 === 0 ? "buy" : "sell";
  const value = JSON.stringify({
    ts_ms: at + i,
    symbol: `S${i % 7}`,
    price_u: 145_870_000 + i,
    qty_u: 2_500_000,
    side,
  });
  return { key: `gemini:S${i % 7}`, value };
}

describe("feedhorn consume", () => {
  const postgres = sharedService("postgres");
  const kafka = sharedService("kafka", { set: KAFKA_SET });
  const here = postgres.missing === null && kafka.missing === null ? it : it.skip;
  const started: ConsumeProcess[] = [];
  afterEach(async () => {
    for (const one of started.splice(0)) await one.remove();
  });

  function consumer(schema: string, topic: string, flags: readonly string[] = []): ConsumeProcess {
    const { host, port } = postgres.service;
    const one = new ConsumeProcess(["--schema", schema, ...flags], {
      KAFKA_BROKERS: kafka.service.address,
      KAFKA_TOPIC: topic,
      PG_DSN: `host=${host} port=${port} user=postgres password='hunter 2' dbname=postgres`,
    });
    started.push(one);
    return one;
  }

  here(
    "writes trades once, buries what is none with the reason, and forgets after seven days",
    async () => {
      const now = Date.now();
      await createTopic(kafka.service, "one");
      await asked(postgres.service, oldTable("one", now));
      const good = Array.from({ length: 3000 }, (_, i) => trade(i, now - DAY_MS));
      const exact = {
        key: "x",
        value: `{"ts_ms":${now},"symbol":"BIG","price_u":9007199254740993,"qty_u":1,"side":null}`,
      };
      const known = { ...trade(7, now - 2 * DAY_MS), headers: { lane: "main", log_seq: "7041", slots: "1" } };
      await send(kafka.service, "one", [
        ...good,
        exact,
        known,
        known,
        ...poison(now),
        trade(9, now - 9 * DAY_MS),
      ]);
      const one = consumer("one", "one", ["--max-bytes", "500000"]);
      await one.start();
      const all = 3000 + 3 + POISON.length + 1;
      const standing = await eventually(
        () => one.standing(),
        ({ messages }) => Number(messages) === all,
        () => one.log.slice(-2000),
      );
      expect(standing).toMatchObject({
        state: "connected",
        rows: 3002,
        repeated: 1,
        dead_letters: POISON.length,
        expired: 1,
      });
      const [row] = await asked(
        postgres.service,
        "SELECT count(*)::int AS n, count(DISTINCT (lane, log_seq))::int AS keys, count(DISTINCT price_u)::int AS prices FROM one.trades WHERE lane LIKE 'one/_'",
      );
      expect(row).toEqual({ n: 3001, keys: 3001, prices: 3001 });
      expect(
        await asked(postgres.service, "SELECT price_u::text, side FROM one.trades WHERE symbol = 'BIG'"),
      ).toEqual([{ price_u: "9007199254740993", side: null }]);
      expect(
        await asked(postgres.service, "SELECT ts_ms::text AS at FROM one.trades WHERE lane = 'main'"),
      ).toEqual([{ at: String(now - 2 * DAY_MS + 7) }]);
      // Eight days old: gone; six: kept.
      const old = await asked(
        postgres.service,
        "SELECT symbol FROM one.trades WHERE lane = 'old' ORDER BY 1",
      );
      expect(old).toEqual([{ symbol: "SIX" }]);
      expect(await one.metrics()).toContain(`feedhorn_consume_dead_letters_total ${POISON.length}\n`);
      const dead = await messagesOf(kafka.service, "one.dead");
      expect(dead.map(({ headers }) => headers["dead_letter_reason"]).toSorted()).toEqual(
        POISON.map(([reason]) => expect.stringMatching(reason)),
      );
      for (const { headers } of dead) expect(headers["dead_letter_place"]).toMatch(/^one\/\d\/\d+$/);
      expect(await one.end("SIGTERM")).toBe("code 0");
      expect(one.log).not.toContain("hunter");
      expect(one.log).toContain('"msg":"stopped"');
    },
    PATIENCE_MS,
  );

  here(
    "scheme native: every event whole, holes as well; what is too long to be buried is cut",
    async () => {
      const now = Date.now();
      await createTopic(kafka.service, "two");
      await createTopic(kafka.service, "two.dead", [{ name: "max.message.bytes", value: "100000" }]);
      await send(kafka.service, "two", [{ key: "long", value: "x".repeat(300_000) }]);
      const events = Array.from({ length: 500 }, (_, i) => ({
        lane: "main",
        log_seq: 10 * i,
        slots: 10,
        type: i % 50 === 0 ? "hole" : "book",
        ...(i % 50 === 0
          ? { reason: "lapped" }
          : {
              venue: "kraken",
              symbol: "BTC/USD",
              instrument: "BTC-USD",
              bids: [[i + 0.1, 2]],
              asks: [],
              ts_event: (now + i) * 1000 + 1,
              ts_recv: (now + i) * 1000 + 7,
            }),
      }));
      await send(
        kafka.service,
        "two",
        events.map((event) => ({ key: "kraken:BTC-USD", value: JSON.stringify(event) })),
      );
      const one = consumer("two", "two", [
        "--scheme",
        "native",
        "--group",
        "other",
        "--batch",
        "64",
        "--max-bytes",
        "200000",
      ]);
      await one.start();
      await eventually(
        () => one.standing(),
        ({ messages }) => messages === 501,
        () => one.log.slice(-2000),
      );
      expect((await one.standing())["rows"]).toBe(500);
      const [row] = await asked(
        postgres.service,
        "SELECT sum(slots)::int AS slots, max(log_seq + slots)::int AS last, count(*) FILTER (WHERE type = 'hole')::int AS holes, " +
          "sum((event->'bids'->0->>0)::numeric)::text AS bids FROM two.events",
      );
      const bids = events.reduce((sum, event) => ("bids" in event ? sum + event.log_seq + 1 : sum), 0) / 10;
      // Longer than the dead-letter topic takes: its beginning is there.
      const [dead] = await messagesOf(kafka.service, "two.dead");
      expect(dead!.value).toBe("x".repeat(65_536));
      expect(dead!.headers).toMatchObject({
        dead_letter_reason: "too large: expected at most 200000 bytes, saw 300000",
        dead_letter_cut_from: "300000",
      });
      expect(row).toEqual({ slots: 5000, last: 5000, holes: 10, bids: bids.toFixed(1) });
    },
    PATIENCE_MS,
  );

  here(
    "broker, database and consumers of one group killed in turns: every message is in the table once",
    async () => {
      const now = Date.now() - DAY_MS;
      const total = Number(process.env["MESSAGES"] ?? 24_000);
      await createTopic(kafka.service, "three");
      const part = Math.ceil(total / 6);
      const next = async (k: number): Promise<void> => {
        const some = Array.from({ length: Math.min(part, total - k * part) }, (_, i) =>
          trade(k * part + i, now),
        );
        await send(kafka.service, "three", some);
      };
      await next(0);
      const one = consumer("three", "three", ["--batch", "500"]);
      await one.start();
      await eventually(
        () => one.standing(),
        ({ rows }) => Number(rows) > 0,
        () => one.log.slice(-2000),
      );
      await next(1);
      await postgres.service.kill();
      await next(2);
      await postgres.service.start();
      await eventually(
        () => one.standing(),
        ({ rows }) => Number(rows) > part,
        () => one.log.slice(-2000),
      );
      const two = consumer("three", "three", ["--batch", "500"]);
      await two.start();
      await kafka.service.kill();
      await kafka.service.start();
      await eventually(
        () => next(3),
        () => true,
      );
      await one.end("SIGKILL");
      expect(await two.end("SIGTERM")).toBe("code 0");
      await next(4);
      await one.start();
      await postgres.service.kill();
      await kafka.service.kill();
      await kafka.service.start();
      await postgres.service.start();
      await eventually(
        () => next(5),
        () => true,
      );
      const [row] = await eventually(
        () => asked(postgres.service, "SELECT count(DISTINCT price_u)::int AS n FROM three.trades"),
        ([{ n }]) => n === total,
        () => one.log.slice(-3000),
      );
      expect(row).toEqual({ n: total });
      const [all] = await asked(
        postgres.service,
        "SELECT count(DISTINCT (lane, log_seq))::int - count(*)::int AS twice, count(*)::int AS n FROM three.trades",
      );
      // A producer that is cut off sends again what was not confirmed: those are messages of their own.
      const offsets = await messagesOf(kafka.service, "three");
      expect(all).toEqual({ twice: 0, n: offsets.length });
      expect(await one.end("SIGTERM")).toBe("code 0");
    },
    PATIENCE_MS,
  );
});

/** Reason and message, in the order of the reasons. */
const POISON: readonly (readonly [RegExp, (now: number) => string | Buffer])[] = [
  [
    /^PostgreSQL: expected an answer to INSERT .* violates check constraint "trades_price_u_check"$/,
    (now) => `{"ts_ms":${now},"symbol":"S","price_u":13,"qty_u":1,"side":"buy"}`,
  ],
  [/^expected a JSON object, saw an array$/, () => "[1,2]"],
  [/^not JSON: /, () => Buffer.from([0xff, 0xfe, 0x00])],
  [/^not JSON: /, () => "{broken"],
  [
    /^price_u: expected an integer from 0 to 2\^63 - 1, saw /,
    (now) => `{"ts_ms":${now},"symbol":"S","price_u":-5,"qty_u":1,"side":"buy"}`,
  ],
  [
    /^price_u: expected an integer from 0 to 2\^63 - 1, saw /,
    (now) => `{"ts_ms":${now},"symbol":"S","price_u":9223372036854775808,"qty_u":1,"side":"buy"}`,
  ],
  [
    /^qty_u: expected an integer .*saw none$/,
    (now) => `{"ts_ms":${now},"symbol":"S","price_u":5,"side":"buy"}`,
  ],
  [
    /^symbol: expected 1 to 64 characters, saw 5$/,
    (now) => `{"ts_ms":${now},"symbol":5,"price_u":5,"qty_u":1,"side":"buy"}`,
  ],
  [/^too large: expected at most 500000 bytes, saw 500100$/, () => "x".repeat(500_100)],
  [
    /^ts_ms: expected a time from 2009 to a day ahead, saw 1726311234$/,
    () => '{"ts_ms":1726311234,"symbol":"S","price_u":5,"qty_u":1,"side":"buy"}',
  ],
];

function poison(now: number): Sent[] {
  return POISON.map(([, make]) => ({ key: "bad", value: make(now) }));
}

/** As another program made it long ago: no partitions; rows of eight and six days ago. */
function oldTable(schema: string, now: number): string {
  const row = (symbol: string, days: number): string =>
    `(${now - days * DAY_MS}, '${symbol}', 1, 1, 'buy', 'old', ${days})`;
  return (
    `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.trades (ts_ms BIGINT NOT NULL, symbol TEXT NOT NULL, price_u BIGINT CHECK (price_u <> 13), qty_u BIGINT, side TEXT, ` +
    `lane TEXT, log_seq BIGINT, PRIMARY KEY (lane, log_seq, ts_ms)); ` +
    `INSERT INTO ${schema}.trades VALUES ${row("EIGHT", 8)}, ${row("SIX", 6)}`
  );
}
