import { describe, expect, it } from "vitest";
import type { FaultName, FaultRecord } from "../../simulator/index.ts";
import { venueById } from "../../venues/index.ts";
import { complaint } from "./verdict.ts";
import type { Outage } from "./watch.ts";

const BITGET = venueById("bitget")!;
const [SPEED, SLACK] = [10, 200];

function fault(name: FaultName, at: number, until: number, symbol: string | null = null): FaultRecord {
  const common = { id: 1, ts: 0, venue: "bitget", connection: null, liveBy: 0 };
  return { ...common, fault: name, at, until, symbol };
}

function outage(from: number, to: number): Outage {
  return { venue: BITGET, symbol: "A", what: "not live", from, to, starved: 0 };
}

const judged = (one: Outage, log: FaultRecord[]): string | null => complaint(one, log, SPEED, SLACK);

describe("an outage", () => {
  it("needs a fault that is about it", () => {
    expect(judged(outage(5000, 5100), [])).toContain("no fault explains it");
    expect(judged(outage(5000, 9000), [fault("lifetime", 4900, 4900)])).toBeNull();
    expect(judged(outage(5000, 9000), [fault("stall", 4900, 6000, "B")])).toContain("no fault explains it");
    expect(judged(outage(5000, 9000), [fault("duplicate", 4900, 4900)])).toContain("allowed until 5000");
  });

  it("ends within the bound of the fault, or of one that struck meanwhile", () => {
    const lifetime = fault("lifetime", 4900, 4900);
    expect(judged(outage(5000, 16_000), [lifetime])).toContain("allowed until 15000 by lifetime");
    expect(judged(outage(5000, 16_000), [lifetime, fault("lifetime", 14_000, 14_000)])).toBeNull();
    expect(judged(outage(5000, Infinity), [lifetime])).toContain("to Infinity");
  });

  it("is not excused by REST where books come in the stream, unless the list has to be asked for", () => {
    const [delist, hang] = [fault("delist", 4900, 20_000, "A"), fault("rest_hang", 18_000, 23_000)];
    expect(judged(outage(5000, 49_000), [hang])).toContain("no fault explains it");
    expect(judged(outage(5000, 51_000), [delist])).toContain("allowed until 50000 by delist");
    expect(judged(outage(5000, 150_000), [delist, hang])).toBeNull();
  });
});
