import { expect, it } from "vitest";
import { BookSequencer, VERDICT } from "../../book/index.ts";
import { fixtureRig, readLine } from "../../../test/contracts/venue.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { bitget } from "./venue.ts";

const { APPLY, DROP_OLD, DROP_WAITING, GAP } = VERDICT;

/** What the sequencer says to the books of a fixture about one symbol. */
function verdicts(file: string, symbol: string): number[] {
  const rig = fixtureRig(bitget);
  const sequencer = new BookSequencer(bitget.book, bitget.snapshot.via);
  const { frames } = fixturesOf("bitget").find(({ name }) => name === file)!;
  const linked = frames.filter(({ text }) => /"(?:topic|channel)":"books"/.test(text ?? ""));
  return linked
    .flatMap((line) => readLine(rig, line)?.events ?? [])
    .flatMap((event) => {
      if (event.type !== "book" || event.symbol !== symbol) return [];
      return [
        sequencer.accept(Number(event.seq ?? 0), Number(event.prev_seq ?? 0), event.action === "snapshot"),
      ];
    });
}

it("books are linked by pseq: a copy is dropped, a gap ends them, a link to nothing begins anew", () => {
  expect(verdicts("02-books-v3.jsonl", "BTCUSDT:USDT-FUTURES")).toEqual([
    APPLY, // snapshot
    APPLY, // linked, thousands of numbers later
    APPLY, // no levels, the number moves
    APPLY,
    DROP_OLD, // the same again
    GAP,
    APPLY, // numbers begin anew
    APPLY,
    APPLY, // another snapshot
    APPLY,
  ]);
});

it("books without numbers are believed, and are not proved", () => {
  expect(verdicts("03-books-v2.jsonl", "BTCUSDZ24:COIN-FUTURES")).toEqual([APPLY, APPLY, APPLY]);
});

it("the first change after a full book may lie before it, reach over it, or miss it", () => {
  const after = (seq: number, prev: number): number => {
    const sequencer = new BookSequencer(bitget.book, bitget.snapshot.via);
    expect(sequencer.accept(90, 80, false)).toBe(DROP_WAITING);
    expect(sequencer.accept(100, 0, true)).toBe(APPLY);
    return sequencer.accept(seq, prev, false);
  };
  expect(after(99, 90)).toBe(DROP_OLD);
  expect(after(110, 90)).toBe(APPLY);
  expect(after(110, 100)).toBe(APPLY);
  expect(after(110, 105)).toBe(GAP);
});
