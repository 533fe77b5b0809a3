import { WebSocket } from "ws";
import { afterEach, describe, expect, it } from "vitest";
import type { Service } from "../services/service.ts";
import { sharedService } from "../services/share.ts";
import { asked, ConsumeProcess, eventually } from "./consume-rig.ts";

const DAY_MS = 86_400_000;
const PATIENCE_MS = 400_000;
const TOPIC = "gemini.trades";

/** Messages over the broker's own WebSocket door, each answered. */
async function send({ address }: Service, values: readonly string[]): Promise<void> {
  const socket = new WebSocket(`ws://${address}/ws/v2/producer/persistent/public/default/${TOPIC}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  try {
    let left = values.length;
    const all = new Promise<void>((resolve, reject) => {
      socket.on("message", (text: Buffer) => {
        const { result } = JSON.parse(text.toString()) as { result: string };
        if (result !== "ok") reject(new Error(result));
        else if (--left === 0) resolve();
      });
      socket.once("close", () => reject(new Error("closed")));
    });
    for (const value of values)
      socket.send(JSON.stringify({ payload: Buffer.from(value).toString("base64"), key: "S" }));
    await all;
  } finally {
    socket.terminate();
  }
}

describe("feedhorn consume --from pulsar", () => {
  const postgres = sharedService("postgres");
  const pulsar = sharedService("pulsar");
  const here = postgres.missing === null && pulsar.missing === null ? it : it.skip;
  const started: ConsumeProcess[] = [];
  afterEach(async () => {
    for (const one of started.splice(0)) await one.remove();
  });

  here(
    "broker, database and consumer killed in turns: every message is in the table once, poison is buried",
    async () => {
      const { host, port } = postgres.service;
      const one = new ConsumeProcess(["--from", "pulsar", "--batch", "300"], {
        PULSAR_URL: `http://${pulsar.service.address}`,
        KAFKA_TOPIC: TOPIC,
        PG_DSN: `host=${host} port=${port} user=postgres dbname=postgres`,
      });
      started.push(one);
      await one.start();
      const more = (): string => one.log.slice(-3000);
      await eventually(
        () => one.standing(),
        ({ state }) => state === "connected",
        more,
      );
      const at = Date.now() - DAY_MS;
      let sent = 0;
      const next = async (): Promise<void> => {
        const values = Array.from({ length: 1500 }, (_, i) =>
          JSON.stringify({ ts_ms: at, symbol: "SOLUSD", price_u: sent + i, qty_u: 5, side: "sell" }),
        );
        await eventually(
          () => send(pulsar.service, values),
          () => true,
          more,
          120_000,
        );
        sent += values.length;
      };
      const there = async (): Promise<number> => {
        const [row] = await asked(postgres.service, "SELECT count(DISTINCT price_u)::int AS n FROM trades");
        return Number(row!["n"]);
      };
      await next();
      await postgres.service.kill();
      await next();
      await postgres.service.start();
      await eventually(there, (n) => n === sent, more);
      await next();
      await pulsar.service.kill();
      await one.end("SIGKILL");
      await pulsar.service.start();
      await one.start();
      await next();
      await eventually(
        () => send(pulsar.service, ["not JSON"]),
        () => true,
        more,
      );
      await eventually(there, (n) => n === sent, more, 120_000);
      await eventually(
        () => one.standing(),
        (standing) => standing["dead_letters"] === 1,
        more,
      );
      const [row] = await asked(
        postgres.service,
        "SELECT count(*)::int AS n, count(DISTINCT (lane, log_seq))::int AS keys FROM trades WHERE lane LIKE 'gemini.trades#%'",
      );
      // A producer that is cut off sends again what was not confirmed: those are messages of their own.
      expect(row!["n"]).toBe(row!["keys"]);
      expect(Number(row!["n"])).toBeGreaterThanOrEqual(sent);
      expect(await one.end("SIGTERM")).toBe("code 0");
    },
    PATIENCE_MS,
  );
});
