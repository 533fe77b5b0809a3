import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kafka } from "../../src/sinks/kafka.ts";
import type { Sink } from "../../src/sinks/index.ts";
import { feedOf } from "../contracts/sink-feed.ts";
import { Places, Trial } from "../contracts/sink-place.ts";
import { LossyProxy } from "../contracts/sink-proxy.ts";
import type { TrialServer } from "../contracts/sink-trial.ts";
import { sinkContract } from "../contracts/sink.ts";
import { startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";
import { optionsOf, PASSWORD, SET, trial, USER } from "./kafka-trial.ts";
import { seeded } from "../stress/pattern.ts";

sinkContract(kafka, trial);

const TIME_MS = 240_000;
const [EVENTS, STEP, CUTS] = [3000, 100, 6];

describe.skipIf(trial.servers!.missing() !== null)("sink kafka, behind a proxy that loses answers", () => {
  const places = new Places<Service>();
  let proxy: LossyProxy;
  let server: Service | null = null;
  beforeAll(async () => {
    // The broker has to be told the proxy's port before it starts, and the proxy finds out the broker's afterwards.
    const later = {
      host: "127.0.0.1",
      get port() {
        return server!.port;
      },
    };
    proxy = await LossyProxy.before(later as unknown as TrialServer);
    const { port } = proxy.server();
    const set = { ...SET, "advertised.listeners": `CLIENT://127.0.0.1:${port}` };
    server = await startService("kafka", { user: USER, password: PASSWORD, set });
    places.serve(server);
  }, TIME_MS);
  afterAll(async () => {
    server?.remove();
    await proxy.close();
    places.clear();
  });

  it("sends again what the broker has, and it is there once", { timeout: TIME_MS }, async () => {
    const one = new Trial(kafka as Sink, trial, places.next(), { options: optionsOf, env: trial.env });
    const feed = feedOf("a", EVENTS, 21);
    const random = seeded(9);
    let lost = 0;
    for (let at = 0; at < EVENTS;) {
      try {
        await one.open();
        at = feed.starts.indexOf(one.sink.resumeAt?.("a") ?? 0);
        while (at < EVENTS) {
          const cut = lost < CUTS ? proxy.loseAnswers(random).then(() => (lost += 1)) : null;
          for (const end = Math.min(EVENTS, at + 5 * STEP); at < end; at += STEP)
            await one.write(one.batch(feed, at, Math.min(EVENTS, at + STEP)));
          await cut;
          await one.flush();
        }
      } catch {
        at = 0;
      }
      await one.close();
    }
    expect(proxy.lost).toBeGreaterThanOrEqual(CUTS);
    expect((await one.judge("a", one.truth(feed))).faults).toEqual([]);
  });
});
