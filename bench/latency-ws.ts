/**
 * What most programs do, for the latency bench, in a process of its own: the ws package and JSON.parse, then the clock.
 * Its first message: port of the sender, core to run on or "any".
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import { pinThread } from "../src/store/index.ts";
import { micros, ORIGIN } from "./latency-clock.ts";
import type { Taken, TakeOrder } from "./latency-lane.ts";

const [port, core] = (await once(process, "message"))[0] as [string, string];
if (core !== "any") pinThread([Number(core)]);

let us: number[] = [];
let wanted = 0;
let finish = (): void => undefined;

function take(data: Buffer): void {
  const trade = JSON.parse(data.toString("utf8")) as { T: number };
  us.push(micros() - (trade.T - ORIGIN));
  if (us.length === wanted) finish();
}

async function obey({ messages }: TakeOrder): Promise<void> {
  us = [];
  wanted = messages;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const cpu = process.cpuUsage();
  process.send!("ready");
  await done;
  const { user, system } = process.cpuUsage(cpu);
  process.send!({ us, cpu: user + system } satisfies Taken);
}

process.on("message", (order: TakeOrder) => void obey(order));
process.once("disconnect", () => process.exit());
const socket = new WebSocket(`ws://127.0.0.1:${port}/?who=ws`, { perMessageDeflate: false });
socket.on("message", take);
await once(socket, "open");
process.send!("open");
