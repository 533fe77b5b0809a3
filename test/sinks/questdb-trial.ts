import { setTimeout as sleep } from "node:timers/promises";
import { TABLES as KIND_TABLES } from "../../src/sinks/kit/tables.ts";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

const PASSWORD = "q%uest/of-w&ods 7";
/** Rows of so many slots are read at a time. */
const CHUNK = 200_000;
const PATIENCE_MS = 120_000;

const options = ({ word, server }: TrialPlace<Service>): object => ({
  url: `http://${server.address}`,
  user: "feed",
  password_env: "QUESTDB_PASSWORD",
  prefix: `${word}_`,
  flush_ms: 100,
});

/** Read by SQL, when everything that was committed can be seen. */
export const trial: SinkTrial<Service> = {
  servers: {
    missing: () => services.missing("questdb"),
    start: () => startService("questdb", { user: "feed", password: PASSWORD }),
  },
  options,
  env: () => ({ QUESTDB_PASSWORD: PASSWORD }),
  read: (place, lane) => rowsOf(place, lane),
  refusal: {
    levels: 60,
    // Four digits before the point: no other event has more.
    prepare: async ({ server, word }) => {
      await asked(server, `ALTER TABLE ${word}_book_deltas DROP COLUMN price`);
      await asked(server, `ALTER TABLE ${word}_book_deltas ADD COLUMN price DECIMAL(24, 20)`);
      await settled(server, `${word}_`);
    },
  },
  credentials: { options, env: () => ({ QUESTDB_PASSWORD: "another-password-9" }) },
  tls: "its free edition has none; the same HTTP client is tried with ClickHouse",
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  trades: ["id", "price", "size", "side"],
  quotes: ["bid_price", "bid_size", "ask_price", "ask_size", "update_id"],
  index_prices: ["price"],
  liquidations: ["price", "size", "side"],
};

/** Rows of all tables of a lane, a chunk at a time, in the order of the log. */
async function* rowsOf({ server, word }: TrialPlace<Service>, lane: string): AsyncIterable<Written[]> {
  await settled(server, `${word}_`);
  const names = [...Object.keys(KIND_TABLES), "holes"];
  const there = await asked(server, "SELECT table_name FROM tables()");
  const tables = names.filter((name) => there.some(([table]) => table === `${word}_${name}`));
  if (tables.length === 0) return;
  const last = tables.map((name) => `SELECT max(log_seq) m FROM ${word}_${name} WHERE lane = '${lane}'`);
  const [[end]] = (await asked(server, `SELECT max(m) FROM (${last.join(" UNION ALL ")})`)) as [
    [number | null],
  ];
  if (end === null) return;
  for (let from = 0; from <= end; from += CHUNK) {
    const where = `lane = '${lane}' AND log_seq >= ${from} AND log_seq < ${from + CHUNK}`;
    const rows: Written[] = [];
    for (const name of tables) {
      const answer = await asked(server, `SELECT ${columnsOf(name)} FROM ${word}_${name} WHERE ${where}`);
      for (const row of answer) rows.push(writtenOf(name, row));
    }
    yield rows.toSorted((a, b) => a.seq - b.seq);
  }
}

function columnsOf(name: string): string {
  if (name === "holes") return "log_seq, slots";
  const values = VALUES[name] ?? [];
  return ["log_seq, slots, venue, symbol, instrument, ts_event::long, ts_recv::long", ...values].join(", ");
}

function writtenOf(name: string, row: readonly unknown[]): Written {
  const [seq, slots, venue, symbol, instrument, tsEvent, tsRecv, ...rest] = row;
  const place = { seq: Number(seq), slots: Number(slots) };
  if (name === "holes") return { ...place, hole: true };
  const values = Object.fromEntries((VALUES[name] ?? []).map((value, i) => [value, rest[i]]));
  const event = { venue, symbol, instrument, ts_event: tsEvent, ts_recv: tsRecv, ...values };
  return { ...place, key: `${String(venue)} ${String(symbol)}`, event };
}

/** What was committed is seen a moment later. */
async function settled(server: Service, prefix: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    const rows = await asked(server, "SELECT name, suspended, sequencerTxn - writerTxn FROM wal_tables()");
    const own = rows.filter(([name]) => String(name).startsWith(prefix));
    if (own.some(([, suspended]) => suspended === true)) throw new Error(`suspended: ${JSON.stringify(own)}`);
    if (own.every(([, , behind]) => behind === 0)) return;
    if (performance.now() > end) throw new Error(`expected all of it applied, saw ${JSON.stringify(own)}`);
    await sleep(50);
  }
}

async function asked(server: Service, sql: string): Promise<unknown[][]> {
  const authorization = `Basic ${Buffer.from(`feed:${PASSWORD}`).toString("base64")}`;
  const url = `http://${server.address}/exec?query=${encodeURIComponent(sql)}`;
  const answer = await fetch(url, { headers: { authorization } });
  const said = (await answer.json()) as { dataset?: unknown[][]; error?: string };
  if (!answer.ok) throw new Error(`${sql}: ${said.error}`);
  return said.dataset ?? [];
}
