import { describe, expect, it } from "vitest";
import { BookSequencer, ConnectionSequence, VERDICT } from "./sequencer.ts";
import type { Sequencing } from "../model/index.ts";

const NAMES = ["", "apply", "old", "waiting", "buffer", "gap", "stale"];

/** Runs events [seq, prev] or ["snapshot", seq]; answers the verdicts as words. */
function play(sequencer: BookSequencer, events: ([number, number] | ["snapshot", number])[]): string[] {
  return events.map((event) => {
    const verdict =
      event[0] === "snapshot"
        ? sequencer.accept(event[1], 0, true)
        : sequencer.accept(event[0], event[1], false);
    return NAMES[verdict];
  });
}

describe("contiguous, snapshots fetched (Binance spot, steps 1-7)", () => {
  const make = (): BookSequencer => new BookSequencer("contiguous", "rest");

  it("finds ids that began anew: a run of events that look old is a gap, which a snapshot of the new ids heals", () => {
    const sequencer = make();
    const [first, ...after] = Array.from({ length: 66 }, (_, i): [number, number] => [8 + i, 7 + i]);
    expect(play(sequencer, [["snapshot", 1000], [1001, 1000], first!])).toEqual(["apply", "apply", "old"]);
    const verdicts = play(sequencer, after);
    expect(new Set(verdicts.slice(0, 62))).toEqual(new Set(["old"]));
    expect(verdicts.slice(62)).toEqual(["gap", "buffer", "buffer"]);
    expect(
      play(sequencer, [
        ["snapshot", 72],
        [73, 72],
        [74, 73],
      ]),
    ).toEqual(["apply", "apply", "apply"]);
  });

  it("keeps diffs until a snapshot reaches them, then goes on", () => {
    const sequencer = make();
    expect(
      play(sequencer, [
        [105, 100],
        [110, 105],
        ["snapshot", 99],
        ["snapshot", 107],
        [105, 100],
        [110, 105],
        [112, 110],
      ]),
    ).toEqual(["buffer", "buffer", "stale", "apply", "old", "apply", "apply"]);
    expect([sequencer.live, sequencer.last]).toEqual([true, 112]);
  });

  it("takes a snapshot that ends right before the first diff: L = U - 1 is no gap", () => {
    expect(
      play(make(), [
        [105, 100],
        ["snapshot", 100],
        [105, 100],
      ]),
    ).toEqual(["buffer", "apply", "apply"]);
  });

  it("waits with the snapshot alone when nothing was kept; the next event is tested the same", () => {
    expect(
      play(make(), [
        ["snapshot", 100],
        [100, 98],
        [104, 100],
      ]),
    ).toEqual(["apply", "old", "apply"]);
    expect(
      play(make(), [
        ["snapshot", 100],
        [104, 101],
      ]),
    ).toEqual(["apply", "gap"]);
  });

  it("names a gap once, says how many ids are missing, and starts over from the event that showed it", () => {
    const sequencer = make();
    expect(
      play(sequencer, [
        ["snapshot", 100],
        [102, 100],
        [110, 104],
      ]),
    ).toEqual(["apply", "apply", "gap"]);
    expect([sequencer.missing, sequencer.live, sequencer.last]).toEqual([2, false, -1]);
    expect(
      play(sequencer, [
        [112, 110],
        ["snapshot", 103],
        ["snapshot", 104],
        [110, 104],
      ]),
    ).toEqual(["buffer", "stale", "apply", "apply"]);
  });

  it("takes the first event as base when the book was listed without orders (lastUpdateId -1)", () => {
    for (const none of [-1, 0]) {
      expect(
        play(make(), [
          [9, 4],
          ["snapshot", none],
          [9, 4],
          [11, 9],
          [15, 12],
        ]),
      ).toEqual(["buffer", "apply", "apply", "apply", "gap"]);
    }
  });

  it("does not let an old snapshot undo a live book, but takes a newer one", () => {
    expect(
      play(make(), [
        ["snapshot", 100],
        [105, 100],
        ["snapshot", 103],
        ["snapshot", 108],
        [110, 105],
      ]),
    ).toEqual(["apply", "apply", "stale", "apply", "apply"]);
  });

  it("learns from the buffer when old diffs were given up", () => {
    const sequencer = make();
    expect(play(sequencer, [[105, 100]])).toEqual(["buffer"]);
    sequencer.keptFrom(120);
    expect(
      play(sequencer, [
        ["snapshot", 119],
        ["snapshot", 120],
      ]),
    ).toEqual(["stale", "apply"]);
  });

  it("forgets the book when told to", () => {
    const sequencer = make();
    play(sequencer, [
      ["snapshot", 100],
      [101, 100],
    ]);
    sequencer.invalidate();
    expect(sequencer.live).toBe(false);
    expect(
      play(sequencer, [
        [102, 101],
        ["snapshot", 50],
        ["snapshot", 101],
        [102, 101],
      ]),
    ).toEqual(["buffer", "stale", "apply", "apply"]);
  });
});

describe("prevLink, snapshots fetched (Binance futures, steps 1-6)", () => {
  const make = (): BookSequencer => new BookSequencer("prevLink", "rest");

  it("takes ids that jump as long as the links hold", () => {
    expect(
      play(make(), [
        ["snapshot", 600],
        [650, 600],
        [900, 650],
        [901, 900],
      ]),
    ).toEqual(Array.from({ length: 4 }, () => "apply"));
  });

  it("lets only the first event straddle the snapshot", () => {
    expect(
      play(make(), [
        [590, 500],
        [700, 590],
        ["snapshot", 650],
        [590, 500],
        [700, 590],
        [800, 700],
      ]),
    ).toEqual(["buffer", "buffer", "apply", "old", "apply", "apply"]);
    expect(
      play(make(), [
        ["snapshot", 650],
        [700, 590],
        [900, 650],
      ]),
    ).toEqual(["apply", "apply", "gap"]);
  });

  it("holds an event that ends at the snapshot for old and goes on by link", () => {
    expect(
      play(make(), [
        ["snapshot", 650],
        [650, 600],
        [700, 650],
      ]),
    ).toEqual(["apply", "old", "apply"]);
  });

  it("refuses a snapshot older than the first link", () => {
    expect(
      play(make(), [
        [700, 650],
        ["snapshot", 640],
        ["snapshot", 650],
        [700, 650],
      ]),
    ).toEqual(["buffer", "stale", "apply", "apply"]);
  });

  it("finds the broken link even where ids go on rising", () => {
    expect(
      play(make(), [
        ["snapshot", 600],
        [650, 600],
        [700, 651],
      ]),
    ).toEqual(["apply", "apply", "gap"]);
  });
});

describe("prevLink, snapshots in the stream (OKX 3.1, Deribit, Bitget)", () => {
  const make = (): BookSequencer => new BookSequencer("prevLink", "resubscribe");

  it("ignores updates until the snapshot, also after a gap, so that one gap asks once", () => {
    expect(
      play(make(), [
        [5, 4],
        ["snapshot", 10],
        [12, 10],
        [20, 15],
        [21, 20],
        ["snapshot", 30],
        [31, 30],
      ]),
    ).toEqual(["waiting", "apply", "apply", "gap", "waiting", "apply", "apply"]);
  });

  it("takes signs of life and numbering that goes down after maintenance (rules 3 and 4)", () => {
    expect(
      play(make(), [
        ["snapshot", 100],
        [100, 100],
        [7, 100],
        [9, 7],
        [7, 100],
        [11, 9],
      ]),
    ).toEqual(["apply", "apply", "apply", "apply", "old", "apply"]);
  });

  it("finds a renumbering it has not seen: a run of events that look old is a gap", () => {
    const sequencer = make();
    expect(play(sequencer, [["snapshot", 1000]])).toEqual(["apply"]);
    // The event 1000 -> 7 was lost; 63 after it are taken for copies.
    const after = Array.from({ length: 65 }, (_, i): [number, number] => [8 + i, 7 + i]);
    const verdicts = play(sequencer, after);
    expect(verdicts.slice(0, 63)).toEqual(Array.from({ length: 63 }, () => "old"));
    expect(verdicts.slice(63)).toEqual(["gap", "waiting"]);
    expect(
      play(sequencer, [
        ["snapshot", 72],
        [73, 72],
      ]),
    ).toEqual(["apply", "apply"]);
  });

  it("takes whatever was kept before a fetched snapshot for old", () => {
    const sequencer = new BookSequencer("prevLink", "rest");
    const kept = Array.from({ length: 200 }, (_, i): [number, number] => [101 + i, 100 + i]);
    expect(new Set(play(sequencer, kept))).toEqual(new Set(["buffer"]));
    expect(play(sequencer, [["snapshot", 290]])).toEqual(["apply"]);
    const verdicts = play(sequencer, kept);
    expect(verdicts.indexOf("apply")).toBe(190);
    expect(new Set(verdicts.slice(190))).toEqual(new Set(["apply"]));
  });

  it("takes any number of copies of old events for what they are, as long as new ones come", () => {
    const sequencer = make();
    play(sequencer, [["snapshot", 1000]]);
    for (let i = 0; i < 10; i++) {
      const copies = Array.from({ length: 50 }, (): [number, number] => [990, 980]);
      expect(new Set(play(sequencer, copies))).toEqual(new Set(["old"]));
      expect(play(sequencer, [[1001 + i, 1000 + i]])).toEqual(["apply"]);
    }
    expect(sequencer.last).toBe(1010);
  });

  it("replaces the book by any snapshot, whatever its id", () => {
    expect(
      play(make(), [
        ["snapshot", 100],
        ["snapshot", 3],
        [4, 3],
      ]),
    ).toEqual(["apply", "apply", "apply"]);
  });
});

describe("overlap (Gemini)", () => {
  it("takes an event whose first id is the last one of the event before", () => {
    const sequencer = new BookSequencer("overlap", "resubscribe");
    expect(
      play(sequencer, [
        ["snapshot", 100],
        [105, 100],
        [105, 100],
        [109, 105],
        [120, 110],
      ]),
    ).toEqual(["apply", "apply", "old", "apply", "gap"]);
  });

  it("lets no snapshot that nobody asked for replace a live book: repeated it is old, newer it is a gap", () => {
    const sequencer = new BookSequencer("overlap", "resubscribe");
    expect(
      play(sequencer, [
        ["snapshot", 100],
        [105, 100],
        ["snapshot", 105],
        ["snapshot", 103],
        [109, 105],
        ["snapshot", 110],
        [115, 110],
        ["snapshot", 90],
        [95, 90],
      ]),
    ).toEqual(["apply", "apply", "old", "old", "apply", "gap", "waiting", "apply", "apply"]);
    expect([sequencer.live, sequencer.last]).toEqual([true, 95]);
  });

  it("applies what has no numbers at all, and each of its snapshots", () => {
    const sequencer = new BookSequencer("overlap", "resubscribe");
    expect(
      play(sequencer, [
        [0, 0],
        ["snapshot", 0],
        [0, 0],
        [0, 0],
        ["snapshot", 0],
        [0, 0],
      ]),
    ).toEqual(["waiting", "apply", "apply", "apply", "apply", "apply"]);
  });
});

describe("rules without numbers per book", () => {
  it.each(["connectionWide", "checksum", "none"] as Sequencing[])(
    "%s: needs a snapshot, then applies",
    (rule) => {
      const sequencer = new BookSequencer(rule, "resubscribe");
      expect(
        play(sequencer, [
          [0, 0],
          ["snapshot", 0],
          [0, 0],
          [5, 99],
        ]),
      ).toEqual(["waiting", "apply", "apply", "apply"]);
      sequencer.invalidate();
      expect(
        play(sequencer, [
          [6, 5],
          ["snapshot", 0],
        ]),
      ).toEqual(["waiting", "apply"]);
    },
  );

  it("snapshotOnly: every event is the whole book", () => {
    const sequencer = new BookSequencer("snapshotOnly", "rest");
    expect(
      play(sequencer, [
        [7, 0],
        [7, 0],
        [1, 0],
      ]),
    ).toEqual(["apply", "apply", "apply"]);
    expect(sequencer.live).toBe(true);
  });
});

describe("ConnectionSequence (Coinbase section 3)", () => {
  it("counts every frame and says how many are missing", () => {
    const sequence = new ConnectionSequence();
    expect([0, 1, 1, 2, 5, 6, 4].map((n) => sequence.accept(n))).toEqual([
      VERDICT.APPLY,
      VERDICT.APPLY,
      VERDICT.DROP_OLD,
      VERDICT.APPLY,
      VERDICT.GAP,
      VERDICT.APPLY,
      VERDICT.DROP_OLD,
    ]);
    expect(sequence.missing).toBe(2);
    sequence.reset();
    expect([sequence.accept(3), sequence.accept(4), sequence.missing]).toEqual([
      VERDICT.APPLY,
      VERDICT.APPLY,
      0,
    ]);
  });
});
