import { describe, expect, it } from "vitest";
import { REASON, REASON_NAMES, VALIDITY, VALIDITY_NAMES } from "../model/index.ts";
import { BookState } from "./validity.ts";

/** Calls one method after the other; answers the word, reason and epoch after each, with "*" where it changed. */
function walk(state: BookState, calls: ((s: BookState) => boolean)[]): string[] {
  return calls.map((call) => {
    const changed = call(state);
    return `${VALIDITY_NAMES[state.validity]} ${REASON_NAMES[state.reason]} ${state.epoch}${changed ? "*" : ""}`;
  });
}

describe("BookState", () => {
  it("gets live by a snapshot only, and each snapshot is a new epoch", () => {
    const calls = [
      (s: BookState): boolean => s.warm(),
      (s: BookState): boolean => s.prove(),
      (s: BookState): boolean => s.break(REASON.SEQUENCE_GAP),
      (s: BookState): boolean => s.resync(),
      (s: BookState): boolean => s.break(REASON.SNAPSHOT_TOO_OLD),
      (s: BookState): boolean => s.resync(),
      (s: BookState): boolean => s.prove(),
      (s: BookState): boolean => s.prove(),
      (s: BookState): boolean => s.resync(),
    ];
    expect(walk(new BookState(), calls)).toEqual([
      "warming starting 0*",
      "live none 1*",
      "gapped sequence_gap 1*",
      "resyncing sequence_gap 1*",
      "gapped snapshot_too_old 1*",
      "resyncing snapshot_too_old 1*",
      "live none 2*",
      "live none 3",
      "live none 3",
    ]);
  });

  it("lets doubts come and go without a new epoch, the strongest one shown", () => {
    const state = new BookState();
    state.prove();
    expect(
      walk(state, [
        (s) => s.stale(true),
        (s) => s.cross(true),
        (s) => s.halt(true),
        (s) => s.stale(false),
        (s) => s.halt(false),
        (s) => s.cross(false),
        (s) => s.cross(false),
      ]),
    ).toEqual([
      "stale silent 1*",
      "crossed crossed 1*",
      "halted halted 1*",
      "halted halted 1",
      "crossed crossed 1*",
      "live none 1*",
      "live none 1",
    ]);
  });

  it("never turns live by a doubt taken back while the proof is lost", () => {
    const state = new BookState();
    state.prove();
    state.stale(true);
    state.break(REASON.CONNECTION_LOST);
    expect(state.validity).toBe(VALIDITY.GAPPED);
    state.stale(false);
    state.halt(true);
    state.halt(false);
    expect([state.validity, state.live]).toEqual([VALIDITY.GAPPED, false]);
  });

  it("keeps a halt over a new snapshot, but not silence or crossing", () => {
    const state = new BookState();
    state.prove();
    state.halt(true);
    state.cross(true);
    state.stale(true);
    state.prove();
    expect(state.validity).toBe(VALIDITY.HALTED);
    state.halt(false);
    expect(state.live).toBe(true);
  });

  it("says on whose word it is live, also after a doubt is taken back", () => {
    expect(
      walk(new BookState(), [
        (s) => s.warm(),
        (s) => s.prove(REASON.UNPROVED),
        (s) => s.halt(true),
        (s) => s.halt(false),
        (s) => s.break(REASON.BAD_FRAME),
      ]),
    ).toEqual([
      "warming starting 0*",
      "live unproved 1*",
      "halted halted 1*",
      "live unproved 1*",
      "gapped bad_frame 1*",
    ]);
  });

  it("stays warming, with the reason, when it breaks before it was ever live", () => {
    expect(
      walk(new BookState(), [(s) => s.warm(), (s) => s.break(REASON.SNAPSHOT_FAILED), (s) => s.resync()]),
    ).toEqual(["warming starting 0*", "warming snapshot_failed 0", "warming snapshot_failed 0"]);
  });

  it("names every reason", () => {
    expect(REASON_NAMES[REASON.DEPTH_EXHAUSTED]).toBe("depth_exhausted");
    expect(REASON_NAMES).toHaveLength(Object.keys(REASON).length);
  });
});
