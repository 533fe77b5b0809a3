/**
 * A subscriber for the bench of Redis, in a process of its own: it looks for the times in what comes, and for nothing else.
 * Its first message: port of Redis, core to run on or "any".
 */
import { once } from "node:events";
import { connect } from "node:net";
import { pinThread } from "../src/store/index.ts";
import { micros, ORIGIN } from "./latency-clock.ts";
import type { Taken } from "./latency-lane.ts";

const KEY = Buffer.from('"ts_event":');
const DIGITS = 16;

const [port, core] = (await once(process, "message"))[0] as [string, string];
if (core !== "any") pinThread([Number(core)]);

let us: number[] = [];
let wanted = 0;
let finish = (): void => undefined;
let rest: Buffer = Buffer.alloc(0);

/** Every message has its time once; one that is cut waits for the rest. */
function take(chunk: Buffer): void {
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  let done = 0;
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, done)) {
    const from = at + KEY.length;
    if (from + DIGITS > bytes.length) break;
    us.push(micros() - (Number(bytes.toString("latin1", from, from + DIGITS)) - ORIGIN));
    done = from + DIGITS;
  }
  rest = bytes.subarray(Math.max(done, bytes.length - KEY.length - DIGITS));
  if (us.length >= wanted) finish();
}

async function obey(messages: number): Promise<void> {
  us = [];
  wanted = messages;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const cpu = process.cpuUsage();
  process.send!("ready");
  await done;
  wanted = Infinity;
  const { user, system } = process.cpuUsage(cpu);
  process.send!({ us, cpu: user + system } satisfies Taken);
}

process.on("message", (messages: number) => void obey(messages));
process.once("disconnect", () => process.exit());
const socket = connect(Number(port), "127.0.0.1");
socket.setNoDelay(true);
socket.write("PSUBSCRIBE feedhorn:*\r\n");
await once(socket, "data");
socket.on("data", take);
process.send!("subscribed");
