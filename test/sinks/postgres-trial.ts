import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { TABLES as KIND_TABLES } from "../../src/sinks/kit/tables.ts";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

const PASSWORD = "p%rl/of-w&ods 7";

const options = ({ word, server }: TrialPlace<Service>): object => ({
  host: server.host,
  port: server.port,
  password_env: "PG_PASSWORD",
  schema: word,
  flush_ms: 100,
});

/** Read by SQL. */
export const trial: SinkTrial<Service> = {
  servers: {
    missing: () => services.missing("postgres"),
    start: () => startService("postgres", { password: PASSWORD }),
  },
  options,
  env: () => ({ PG_PASSWORD: PASSWORD }),
  read: (place, lane) => rowsOf(place, lane),
  refusal: {
    levels: 60,
    prepare: async ({ server, word }, { price }) => {
      const sql = `ALTER TABLE "${word}".book_deltas ADD CONSTRAINT odd CHECK (price <> ${price} OR last IS FALSE) NOT VALID`;
      await asked(server, sql);
    },
  },
  credentials: { options, env: () => ({ PG_PASSWORD: "another-password-9" }) },
  tls: { start: () => startService("postgres", { password: PASSWORD, tls: true }), options },
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  trades: ["id", "price", "size", "side"],
  quotes: ["bid_price", "bid_size", "ask_price", "ask_size", "update_id"],
  index_prices: ["price"],
  liquidations: ["price", "size", "side"],
};
const TEXTS = new Set(["id", "side", "update_id"]);
const TABLES = Object.keys(KIND_TABLES);

/** Rows of all tables of a lane, a chunk at a time, in the order of the log. */
export async function* rowsOf(
  { server, word }: TrialPlace<Service>,
  lane: string,
): AsyncIterable<readonly Written[]> {
  const known = await asked(
    server,
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = to_regnamespace('"${word}"') AND c.relkind = 'p'`,
  );
  const tables = TABLES.filter((table) => known.some(({ name }) => name === table));
  if (tables.length === 0) return;
  const parts = tables.map(
    (table) => `SELECT ${log(table)} FROM "${word}"."${table}" WHERE lane = '${lane}'`,
  );
  parts.push(
    `SELECT log_seq, slots, true AS hole, '' AS key, NULL::json AS event FROM "${word}".holes WHERE lane = '${lane}'`,
  );
  const rows = await asked(server, `${parts.join(" UNION ALL ")} ORDER BY 1`);
  yield rows.map(({ log_seq, slots, hole, key, event }) => ({
    seq: Number(log_seq),
    slots: Number(slots),
    ...(hole === true ? { hole: true } : { key: String(key), event: event as Record<string, unknown> }),
  }));
}

/** Place, then as JSON what `tail` has of it under the same names. */
function log(table: string): string {
  const values = (VALUES[table] ?? []).map(
    (name) => `, '${name}', ${name}${TEXTS.has(name) ? "::text" : ""}`,
  );
  const times =
    "'ts_event', round(extract(epoch FROM ts_event) * 1000000), 'ts_recv', round(extract(epoch FROM ts_recv) * 1000000)";
  const names = "'venue', venue, 'symbol', symbol, 'instrument', instrument";
  return `log_seq, slots, false AS hole, venue || symbol AS key, json_build_object(${names}, ${times}${values.join("")}) AS event`;
}

/** As often as the server is away. */
export async function asked(server: Service, sql: string): Promise<Record<string, unknown>[]> {
  for (let tries = 0; ; tries++) {
    const { host, port, certs } = server;
    const ssl = certs === null ? false : { ca: readFileSync(certs.ca, "utf8") };
    const client = new pg.Client({
      host,
      port,
      user: "postgres",
      password: PASSWORD,
      database: "postgres",
      ssl,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } catch (error) {
      if (tries === 50 || (error as { code?: string }).code !== "57P03") throw error;
      await sleep(100);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
