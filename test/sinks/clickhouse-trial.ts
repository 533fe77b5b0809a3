import { readFileSync } from "node:fs";
import { request as http } from "node:http";
import { request as https } from "node:https";
import { TABLES as KIND_TABLES } from "../../src/sinks/kit/tables.ts";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

const PASSWORD = "c%lick/of-w&ods 7";
/** Rows of so many slots are read at a time. */
const CHUNK = 200_000;

const options = ({ word, server }: TrialPlace<Service>): object => ({
  url: `${server.certs === null ? "http" : "https"}://${server.address}`,
  user: "feed",
  password_env: "CLICKHOUSE_PASSWORD",
  database: word,
  flush_ms: 100,
});

/** Read by SQL as the rows stand there: not FINAL, which would hide what is there twice. */
export const trial: SinkTrial<Service> = {
  servers: {
    missing: () => services.missing("clickhouse"),
    start: () => startService("clickhouse", { user: "feed", password: PASSWORD }),
  },
  options,
  env: () => ({ CLICKHOUSE_PASSWORD: PASSWORD }),
  read: (place, lane) => rowsOf(place, lane),
  refusal: {
    levels: 60,
    prepare: async ({ server, word }, { price }) => {
      await asked(
        server,
        `ALTER TABLE ${word}.book_deltas ADD CONSTRAINT odd CHECK ifNull(price, 0) != ${price}`,
      );
    },
  },
  credentials: { options, env: () => ({ CLICKHOUSE_PASSWORD: "another-password-9" }) },
  tls: { start: () => startService("clickhouse", { user: "feed", password: PASSWORD, tls: true }), options },
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  trades: ["id", "price", "size", "side"],
  quotes: ["bid_price", "bid_size", "ask_price", "ask_size", "update_id"],
  index_prices: ["price"],
  liquidations: ["price", "size", "side"],
};
const TEXTS = new Set(["id", "side", "update_id"]);

/** Rows of all tables of a lane, a chunk at a time, in the order of the log. */
async function* rowsOf({ server, word }: TrialPlace<Service>, lane: string): AsyncIterable<Written[]> {
  const names = [...Object.keys(KIND_TABLES), "holes"];
  const there = await asked(server, `SELECT name FROM system.tables WHERE database = '${word}'`);
  const tables = names.filter((name) => there.some((row) => row["name"] === name));
  if (tables.length === 0) return;
  const last = tables.map((name) => `SELECT max(log_seq) AS m FROM ${word}.${name} WHERE lane = '${lane}'`);
  const [most] = await asked(server, `SELECT toFloat64(max(m)) AS m FROM (${last.join(" UNION ALL ")})`);
  for (let from = 0; from <= Number(most!["m"]); from += CHUNK) {
    const where = `lane = '${lane}' AND log_seq >= ${from} AND log_seq < ${from + CHUNK}`;
    const rows: Written[] = [];
    for (const name of tables) {
      const answer = await asked(server, `SELECT ${columnsOf(name)} FROM ${word}.${name} WHERE ${where}`);
      for (const row of answer) rows.push(writtenOf(name, row));
    }
    yield rows.toSorted((a, b) => a.seq - b.seq);
  }
}

function columnsOf(name: string): string {
  const place = "toFloat64(log_seq) AS seq, slots AS many";
  if (name === "holes") return place;
  // As text: ClickHouse's own way from a decimal to a double is not always the nearest one.
  const times = ["ts_event", "ts_recv"].map((one) => `toFloat64(toUnixTimestamp64Micro(${one})) AS v_${one}`);
  const values = (VALUES[name] ?? []).map((value) => `toString(${value}) AS v_${value}`);
  const words = ["venue", "symbol", "instrument"].map((one) => `${one} AS v_${one}`);
  return [place, ...words, ...times, ...values].join(", ");
}

function writtenOf(name: string, row: Readonly<Record<string, unknown>>): Written {
  const place = { seq: Number(row["seq"]), slots: Number(row["many"]) };
  if (name === "holes") return { ...place, hole: true };
  const numbers = (VALUES[name] ?? []).filter((value) => !TEXTS.has(value));
  const values = Object.entries(row).filter(([key]) => key.startsWith("v_"));
  const event = Object.fromEntries(values.map(([key, value]) => [key.slice(2), value]));
  for (const number of numbers) event[number] = event[number] === null ? null : Number(event[number]);
  return { ...place, key: `${String(event["venue"])} ${String(event["symbol"])}`, event };
}

async function asked(server: Service, sql: string): Promise<Record<string, unknown>[]> {
  const { host, port, certs } = server;
  const headers = { "x-clickhouse-user": "feed", "x-clickhouse-key": PASSWORD };
  const words = { host, port, path: "/?default_format=JSONEachRow", method: "POST", headers };
  const call = certs === null ? http(words) : https({ ...words, ca: readFileSync(certs.ca) });
  const text = await new Promise<string>((resolve, reject) => {
    call.once("error", reject);
    call.once("response", (answer) => {
      let all = "";
      answer.on("data", (piece: Buffer) => (all += piece.toString()));
      answer.once("end", () =>
        answer.statusCode === 200 ? resolve(all) : reject(new Error(`${sql}: ${all}`)),
      );
    });
    call.end(sql);
  });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
