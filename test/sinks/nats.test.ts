import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Nats } from "../../src/app/config/sinks/nats.ts";
import { nats } from "../../src/sinks/nats.ts";
import type { OpenSink } from "../../src/sinks/index.ts";
import { feedOf } from "../contracts/sink-feed.ts";
import { sinkContract } from "../contracts/sink.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";
import { trial } from "./nats-trial.ts";

sinkContract(nats, trial);

const missing = services.missing("nats");

describe.skipIf(missing !== null)("nats beyond the contract", () => {
  let server: Service;
  beforeAll(async () => {
    server = await startService("nats");
  }, 60_000);
  afterAll(() => server.remove());

  function open(more: object): Promise<OpenSink> {
    const options = Nats.parse({ type: "nats", servers: [server.address], ...more });
    const nothing = (): void => undefined;
    return nats.open(options, {
      name: "nats",
      lanes: ["a"],
      data: null,
      secrets: {},
      report: nothing,
      state: nothing,
      figure: nothing,
    });
  }

  it("writes nothing twice when the server has forgotten the names of what it holds", async () => {
    const feed = feedOf("a", 200, 23);
    const first = await open({ prefix: "far", stream: "far" });
    await first.write(feed.batch(0, 120));
    await first.flush();
    await first.close();
    const nc = await connect({ servers: server.address });
    const { streams } = await jetstreamManager(nc);
    const { config } = await streams.info("far");
    await streams.update("far", { ...config, duplicate_window: 100_000_000 });
    await sleep(400);
    // The host's cursor is older than what the stream holds.
    const second = await open({ prefix: "far", stream: "far", stream_create: false });
    expect(second.resumeAt!("a")).toBe(feed.starts[120]);
    await second.write(feed.batch(120, 200));
    expect(await second.flush()).toEqual({ a: feed.count });
    await second.close();
    const { state } = await streams.info("far");
    expect(state.messages).toBe(200);
    await nc.close();
  });

  it("makes the stream as it is told, and changes it", async () => {
    await (await open({ prefix: "made", stream: "made", max_age_s: 60, max_bytes: 1 << 20 })).close();
    await (await open({ prefix: "made", stream: "made", max_age_s: 600, retention: "limits" })).close();
    const nc = await connect({ servers: server.address });
    const { config } = await (await jetstreamManager(nc)).streams.info("made");
    expect(config).toMatchObject({
      subjects: ["made.>"],
      max_age: 600e9,
      max_bytes: -1,
      duplicate_window: 120e9,
    });
    await nc.close();
    await expect(open({ prefix: "none", stream: "none", stream_create: false })).rejects.toThrow(
      "expected a stream none, saw none; make it, or set stream_create: true",
    );
  });

  it("mode core: says every event to whoever listens", async () => {
    const nc = await connect({ servers: server.address });
    const heard: { subject: string; seq: number }[] = [];
    nc.subscribe("live.a.>", {
      callback: (_, message) => {
        heard.push({ subject: message.subject, seq: message.json<{ log_seq: number }>().log_seq });
      },
    });
    await nc.flush();
    const sink = await open({ prefix: "live", mode: "core" });
    const feed = feedOf("a", 50, 24);
    await sink.write(feed.batch(0, 50));
    expect(await sink.flush()).toEqual({ a: feed.count });
    await nc.flush();
    expect(heard.map(({ seq }) => seq)).toEqual(feed.starts.slice(0, 50));
    expect(heard[0]!.subject).toMatch(/^live\.a\.binance-coinm\.[A-Z0-9-]+\.trade$/);
    await sink.close();
    await nc.close();
  });
});
