import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sink } from "../../src/sinks/index.ts";
import { feedOf } from "./sink-feed.ts";
import { Places, Trial } from "./sink-place.ts";
import type { SinkTrial, TrialServer } from "./sink-trial.ts";

const START_MS = 180_000;
/** A refusal is told sooner than that. */
const REFUSED_MS = 20_000;

/** A sink whose vendor speaks TLS: who it trusts, and for which name. */
export function tlsContract<Server extends TrialServer>(
  sink: Sink,
  trial: SinkTrial<Server>,
  tls: Exclude<SinkTrial<Server>["tls"], string>,
): void {
  describe("over TLS", () => {
    const places = new Places<Server>();
    beforeAll(async () => places.serve(await tls.start()), START_MS);
    afterAll(() => {
      places.server.remove();
      places.clear();
    });
    const begin = (said: object): Trial<Server> => {
      const options: SinkTrial<Server>["options"] = (place) => ({ ...tls.options(place), tls: said });
      return new Trial(sink, trial, places.next(), { options, env: trial.env });
    };
    const authority = (): string => places.server.certs!.ca;

    it("writes to a server whose authority it is told of", async () => {
      const one = begin({ ca_file: authority() });
      const feed = feedOf("a", 40, 13);
      await one.open();
      await one.writeAll(feed, 0, 10);
      expect((await one.flush())["a"]).toBe(feed.count);
      await one.close();
      expect((await one.judge("a", one.truth(feed))).faults).toEqual([]);
    });

    it.each([
      ["of an authority it does not know", () => ({})],
      ["with another name than it is told", () => ({ ca_file: authority(), server_name: "other.example" })],
    ] as const)("refuses a server %s", { timeout: START_MS }, async (_, said) => {
      const one = begin(said());
      const from = performance.now();
      const error = await writeSome(one as unknown as Trial).catch((thrown: unknown) => thrown);
      await one.close().catch(() => undefined);
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toMatch(/expected .*saw .*(certificate|cert|TLS|altname|SSL)/is);
      expect(performance.now() - from).toBeLessThan(REFUSED_MS);
      one.said.add(error);
      expect(one.said.leaks(one.secrets)).toEqual([]);
    });
  });
}

/** Wherever the refusal shows: in `open`, or behind it. */
async function writeSome(one: Trial): Promise<void> {
  const feed = feedOf("a", 10, 13);
  await one.open();
  await one.write(one.batch(feed, 0, 10));
  await one.flush();
}
