/**
 * The Redis sink for the bench of its latency, in a process of its own, as a gateway runs it: the host with its reader, the sink, the bell.
 * Its first message: port of Redis, path of the lane's region, core to run on or "any". Tells its standing when it is asked.
 */
import { once } from "node:events";
import { widenInlining } from "../src/app/compiler.ts";
import { checkConfig } from "../src/app/config.ts";
import { SinkRunner } from "../src/app/sinks/runner.ts";
import { pinThread } from "../src/store/index.ts";

const [port, path, core] = (await once(process, "message"))[0] as [string, string, string];
if (core !== "any") pinThread([Number(core)]);
widenInlining();
const config = checkConfig(
  {
    feeds: [{ venue: "binance", symbols: ["BTCUSDT"] }],
    sinks: [{ type: "redis", url: `redis://127.0.0.1:${port}`, outputs: ["pubsub"] }],
  },
  "bench",
  {},
);
const runner = new SinkRunner(
  {
    sink: config.sinks[0]!,
    lanes: [{ name: "latency", path }],
    dir: null,
    journal: false,
    secrets: {},
  },
  (level, message, facts) => {
    if (level !== "info") process.stderr.write(`${level} ${message} ${JSON.stringify(facts)}\n`);
  },
);
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!({ cpu: user + system, standing: runner.standing() });
});
process.once("disconnect", () => process.exit());
await runner.claim();
const running = runner.run();
while (runner.standing().state !== "connected") await new Promise((resolve) => setTimeout(resolve, 10));
process.send!("ready");
await running;
