import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sequencing, Venue } from "../../src/model/index.ts";
import { FAULT_NAMES, WHY_ONLY, applies, faultOf } from "../../src/simulator/index.ts";
import { VENUES } from "../../src/venues/index.ts";
import { frameOf, instrumentsOf, scenes } from "./venue-events.ts";
import { Rig } from "./venue-rig.ts";

// A fault that the simulator spares a venue must be one that nobody could notice there: the frames say so.

/** What a book event of the venue, read back from its frame, says beside its levels and its times. */
function proofs(venue: Venue): Set<string> {
  const rig = new Rig(venue, instrumentsOf(venue));
  const said = new Set<string>();
  for (const scene of fc.sample(scenes(venue, "book")!, { seed: 7, numRuns: 50 })) {
    const { events, connection } = rig.text(frameOf(venue, scene));
    if (connection !== null) said.add("connection");
    for (const event of events) {
      if (event.type !== "book") continue;
      if (event.seq !== null || event.prev_seq !== null) said.add("number");
      if (event.checksum !== undefined) said.add("checksum");
    }
  }
  return said;
}

/** What proves a book under each rule. */
const PROOF: Readonly<Record<Sequencing, readonly string[]>> = {
  contiguous: ["number"],
  prevLink: ["number"],
  overlap: ["number"],
  connectionWide: ["connection"],
  checksum: ["checksum"],
  snapshotOnly: [],
  none: [],
};

describe.each(VENUES.map((venue) => [venue.id, venue] as const))("faults that %s is spared", (_, venue) => {
  const spared = FAULT_NAMES.filter((name) => !applies(name, venue));

  it("each have a reason", () => {
    for (const name of spared) expect(WHY_ONLY[faultOf(name).only!], name).toMatch(/\w{3}/);
  });

  it("are those its frames cannot prove, and no others", () => {
    const said = proofs(venue);
    for (const proof of PROOF[venue.book]) expect([...said]).toContain(proof);
    expect(spared.includes("drop")).toBe(said.size === 0);
    expect(spared.includes("flip_digit")).toBe(!said.has("checksum"));
    expect(spared.includes("rest_stale")).toBe(venue.snapshot.via !== "rest");
    expect(spared.includes("resnapshot")).toBe(venue.snapshot.via === "rest" || venue.book === "overlap");
  });
});
