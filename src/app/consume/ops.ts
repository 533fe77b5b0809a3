import { serveOps } from "../../servers/ops.ts";
import type { OpsServer } from "../../servers/ops.ts";
import { packageVersion } from "../version.ts";
import type { ConsumeTally } from "./tally.ts";

/** /health, /ready and /metrics of a consumer, on loopback. */
export function serveConsumer(tally: ConsumeTally, port: number): Promise<OpsServer> {
  const none = { venues: {}, lanes: {}, parts: {} };
  return serveOps(
    {
      health: () => {
        const consume = tally.standing();
        const status: "healthy" | "degraded" = consume.state === "connected" ? "healthy" : "degraded";
        return { status, service: "consume", version: packageVersion(), ...none, consume };
      },
      ready: () => {
        const { state, reason } = tally.standing();
        return state === "connected"
          ? { ready: true, reasons: [] }
          : { ready: false, reasons: [reason ?? state] };
      },
      counters: () => tally.samples(),
      histograms: () => [],
    },
    { host: "127.0.0.1", port },
  );
}
