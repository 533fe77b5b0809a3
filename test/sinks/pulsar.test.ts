import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pulsar } from "../../src/sinks/pulsar.ts";
import type { Sink } from "../../src/sinks/index.ts";
import { feedOf } from "../contracts/sink-feed.ts";
import { Places, Trial } from "../contracts/sink-place.ts";
import { refusalContract } from "../contracts/sink-refusal.ts";
import { sinkContract } from "../contracts/sink.ts";
import type { SinkTrial } from "../contracts/sink-trial.ts";
import type { Service } from "../services/service.ts";
import { ask, optionsOf, trial } from "./pulsar-trial.ts";

sinkContract(pulsar, trial);

const TIME_MS = 240_000;
const SETTLE_MS = 2000;

describe.skipIf(trial.servers!.missing() !== null)("sink pulsar, besides", () => {
  const places = new Places<Service>();
  beforeAll(async () => places.serve(await trial.servers!.start()), TIME_MS);
  afterAll(() => {
    places.server.remove();
    places.clear();
  });
  const begin = (said: object): Trial<Service> => {
    const options: SinkTrial<Service>["options"] = (place) => ({ ...optionsOf(place), ...said });
    return new Trial(pulsar as Sink, trial, places.next(), { options, env: trial.env });
  };

  refusalContract(() => begin({ batching: false }) as unknown as Trial, {
    levels: 300,
    prepare: async ({ word }) => {
      const path = `/admin/v2/persistent/public/default/${word}/maxMessageSize`;
      const { status, body } = await ask(places.server, "POST", path, 3000);
      if (status >= 300) throw new Error(`expected a limit to be set, saw ${status} ${body}`);
      // It reaches the topic over a topic of its own.
      while ((await ask(places.server, "GET", path)).body !== "3000") await sleep(50);
      await sleep(SETTLE_MS);
    },
  });

  it(
    "keeps an event aside that its door would close on, and writes all others",
    { timeout: TIME_MS },
    async () => {
      const one = begin({ max_message_bytes: 2000 });
      const feed = feedOf("a", 60, 7, { at: 33, levels: 300, price: 66_666.5 });
      await one.open();
      await one.writeAll(feed, 0, 20);
      expect((await one.flush())["a"]).toBe(feed.count);
      await one.close();
      const kept = join(one.config.data.dir!, "sinks", `${one.place.word}-refused.ndjson`);
      const {
        log_seq: seq,
        reason,
        record,
      } = JSON.parse(readFileSync(kept, "utf8")) as Record<string, string | number>;
      const bytes = Buffer.byteLength(String(record));
      expect([seq, reason]).toEqual([
        feed.starts[33],
        `${bytes} bytes are more than max_message_bytes, 2000`,
      ]);
      const truth = one.truth(feed);
      truth.wanted.fill(0, feed.starts[33]!, feed.starts[34]!);
      expect((await one.judge("a", truth)).faults).toEqual([]);
      expect(one.said.figures.get("refused_total")).toBe(1);
    },
  );

  it.each([{ partitions: 3 }, { topic: "{kind}" }, { batching: false, window: 3 }])(
    "holds every event once with %o, also when it was thrown away",
    { timeout: TIME_MS },
    async (said) => {
      const one = begin(said.topic === undefined ? said : {});
      const word = one.place.word;
      const kinds = begin({ topic: `${word}-{kind}` });
      const sink = said.topic === undefined ? one : kinds;
      const feed = feedOf("a", 120, 9);
      for (const [from, to] of [
        [0, 60],
        [40, 120],
      ] as const) {
        await sink.open();
        expect(sink.sink.resumeAt!("a")).toBe(from === 0 ? null : feed.starts[40]);
        if (from === 0) {
          await sink.write(feed.batch(0, 40));
          await sink.flush();
        }
        await sink.write(feed.batch(40, to));
        if (to === 120) expect((await sink.flush())["a"]).toBe(feed.count);
        else await sleep(1000);
        await sink.close();
      }
      expect(sink.said.figures.get("repeats_total")).toBe(20);
      expect(sink.said.figures.get("messages_total")).toBe(60);
    },
  );
});
