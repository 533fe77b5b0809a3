import { Clock, UdpLane } from "../../feed/index.ts";
import { venueOfCode } from "../../model/index.ts";
import { venueById } from "../../venues/index.ts";
import type { Config } from "../config.ts";
import type { LaneConfig } from "../config/schema.ts";
import { applyLatency } from "../latency.ts";
import type { Inside } from "../parts/inside.ts";
import { openMemory } from "./memory.ts";
import type { LaneData, LaneMessage, LaneOrder } from "./messages.ts";

/** A lane that hears others: maps the region, listens, ends when told to. */
export async function runUdp(
  inside: Inside<LaneData, LaneOrder, LaneMessage>,
  settings: Config,
  plan: LaneConfig,
  listen: NonNullable<LaneConfig["udp"]>,
): Promise<void> {
  const { post } = inside;
  const { handle, note } = await openMemory(settings, plan, inside.data.buffer);
  const lane = new UdpLane({
    region: handle.region,
    time: new Clock(),
    report: (level, message, facts) => post({ type: "report", level, message, facts }),
    listen,
    venueOf: (code) => venueById(venueOfCode(code) ?? ""),
  });
  const relax = applyLatency(plan, (message, facts) =>
    post({ type: "report", level: "warn", message, facts }),
  );
  const buffer = handle.path === null ? (handle.buffer as SharedArrayBuffer) : null;
  post({ type: "region", path: handle.path, buffer, note });
  await new Promise<void>((go) => {
    inside.onMessage((order) => {
      if (order.type === "go") go();
      else if (order.type === "ask")
        post({ type: "answer", id: order.id, answer: { feeds: [], outcomes: [] } });
      else void stop();
    });
    if (!inside.data.hold) go();
  });
  await lane.start();

  async function stop(): Promise<void> {
    relax();
    await lane.stop();
    handle.close();
    await inside.end();
  }
}
