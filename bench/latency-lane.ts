/**
 * A lane for the latency bench, in a process of its own: the whole of it (session, parser, dedup, ring, tables), reading
 * from a real socket. When a read is committed it looks at its own ring and stamps what came.
 * Its first message: port of the sender, folder of the region, core to run on or "any".
 */
import { once } from "node:events";
import { checkConfig } from "../src/app/config.ts";
import { widenInlining } from "../src/app/compiler.ts";
import { feedOptions } from "../src/app/lane/plan.ts";
import { keepAwake } from "../src/app/low-loop.ts";
import { Clock, Lane, openFastSocket } from "../src/feed/index.ts";
import type { OpenSocket } from "../src/feed/index.ts";
import { RingReader, WORD } from "../src/log/index.ts";
import { toMicros } from "../src/model/index.ts";
import { createRegion, pinThread } from "../src/store/index.ts";
import { micros, ORIGIN } from "./latency-clock.ts";

export interface TakeOrder {
  readonly name: string;
  readonly messages: number;
}

export interface Taken {
  /** From due to done, us, by message. */
  readonly us: number[];
  /** CPU of the whole process meanwhile, us. */
  readonly cpu: number;
}

const [port, dir, core] = (await once(process, "message"))[0] as [string, string, string];
if (core !== "any") pinThread([Number(core)]);
widenInlining();

const { region, path } = createRegion({ lane: "latency", dir, slots: 65_536 });
const reader = new RingReader(region.control, region.slots);
let us: number[] = [];
let wanted = 0;
let stamping = true;
let now = 0;
let finish = (): void => undefined;

function stamp(): void {
  now = micros();
  reader.poll(({ i32 }, w) => {
    us.push(stamping ? now - (toMicros(i32[w + WORD.TS_EVENT + 1]!, i32[w + WORD.TS_EVENT]!) - ORIGIN) : 0);
  });
  if (us.length >= wanted) finish();
}

const openSocket: OpenSocket = (url, slab, options, events) =>
  openFastSocket(url, slab, options, {
    ...events,
    endOfRead: () => {
      events.endOfRead();
      if (wanted > 0) stamp();
    },
  });

const url = `127.0.0.1:${port}`;
const feed = {
  venue: "binance",
  symbols: ["BTCUSDT"],
  channels: ["trade"],
  ws_url: `ws://${url}`,
  rest_url: `http://${url}`,
};
const config = checkConfig({ feeds: [feed], region: { dir } }, "bench", {});
const lane = new Lane({
  region,
  time: new Clock(),
  report: (level, message, facts) => {
    if (level === "error") throw new Error(`${message} ${JSON.stringify(facts)}`);
  },
  openSocket,
  maxFrame: 1 << 20,
  feeds: feedOptions(config.lanes[0]!, { http: null, https: null, bypass: [] }),
});

/** Takes so many messages, at normal or low latency; "low, another process" leaves the stamping to who watches. */
async function obey({ name, messages }: TakeOrder): Promise<void> {
  const relax = name.includes("low") ? keepAwake() : (): void => undefined;
  stamping = !name.includes("other process");
  us = [];
  reader.seekHead();
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  wanted = messages;
  const cpu = process.cpuUsage();
  process.send!("ready");
  await done;
  wanted = 0;
  const { user, system } = process.cpuUsage(cpu);
  relax();
  process.send!({ us, cpu: user + system } satisfies Taken);
}

process.on("message", (order: TakeOrder) => void obey(order));
process.once("disconnect", () => process.exit());
await lane.start();
process.send!(path);
