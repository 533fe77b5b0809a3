import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Sink } from "../../src/sinks/index.ts";
import { directContract } from "./sink-direct.ts";
import { hostedContract, killedTogether, lostAnswers, refusedEntry } from "./sink-hosted.ts";
import { refusalContract } from "./sink-refusal.ts";
import { tlsContract } from "./sink-tls.ts";
import { Places, Trial } from "./sink-place.ts";
import type { SinkTrial, TrialServer } from "./sink-trial.ts";

/** A real server may be slow to start on a busy machine. */
const START_MS = 180_000;

/** What is promised of every sink, whatever its vendor. docs/sinks/contract.md says it in words. */
export function sinkContract<Server extends TrialServer>(sink: Sink<never>, trial: SinkTrial<Server>): void {
  const { servers, title } = trial;
  const name = `sink ${sink.type}${title === undefined ? "" : ` (${title})`}`;
  const missing = servers?.missing() ?? null;
  if (missing !== null) {
    it.skipIf(process.env["CI"] === undefined)(`${name}: its server is here`, () => {
      expect(missing).toBeNull();
    });
    return;
  }
  describe(name, () => {
    const places = new Places<Server>();
    if (servers !== undefined) {
      beforeAll(async () => places.serve(await servers.start()), START_MS);
      afterAll(() => places.server.remove());
    }
    const open: Trial<Server>[] = [];
    const begin = (
      said: Pick<SinkTrial<Server>, "options" | "env"> = trial,
      server: Server | null = null,
    ): Trial<Server> => {
      const one = new Trial(sink as Sink, trial, places.next(server), said);
      open.push(one);
      return one;
    };
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close().catch(() => undefined);
      places.clear();
    });
    const lossless = (trial.delivery ?? sink.delivery) === "lossless";
    const plain = begin as unknown as () => Trial;
    directContract(sink as Sink, lossless, plain);
    hostedContract(lossless, plain, servers === undefined ? null : () => places.server);
    if (servers !== undefined && lossless) {
      killedTogether(plain, () => places.server);
      const through = (server: TrialServer): Trial => begin(trial, server as Server) as unknown as Trial;
      if (trial.proxy === undefined) lostAnswers(through, () => places.server);
    }
    const { credentials, refusal, tls } = trial;
    if (typeof credentials !== "string") refusedEntry(() => begin(credentials) as unknown as Trial);
    if (typeof refusal !== "string") refusalContract(plain, refusal);
    if (typeof tls !== "string") tlsContract(sink as Sink, trial, tls);
  });
}
