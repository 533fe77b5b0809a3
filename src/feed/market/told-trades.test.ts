import { describe, expect, it } from "vitest";
import { TOLD, ToldTrades } from "./told-trades.ts";

describe("trades that the venue names", () => {
  it("are waited for until it names one again", () => {
    const told = new ToldTrades();
    expect(told.hear(10, 9, 1)).toBe(TOLD.FINE);
    expect(told.hear(10, 10, 2)).toBe(TOLD.FINE);
    expect(told.hear(12, 10, 2)).toBe(TOLD.FINE);
    expect(told.hear(12, 10, 2)).toBe(TOLD.MISSING);
    expect(told.givenUp).toBe(12);
    expect(told.hear(12, 10, 2)).toBe(TOLD.FINE);
  });

  it("that never come are asked for at the second time, the fourth and the eighth", () => {
    const told = new ToldTrades();
    const said = Array.from({ length: 33 }, (_, i) => told.hear(100 + i, 50, 7));
    // Every second one: what was found missing just now is not waited for.
    expect(said.flatMap((one, i) => (one === TOLD.MISSING ? [i] : []))).toEqual([
      1, 5, 9, 11, 13, 17, 19, 21, 23, 25, 27, 29,
    ]);
    expect(said.flatMap((one, i) => (one === TOLD.MUTE ? [i] : []))).toEqual([3, 7, 15, 31]);
  });

  it("are single losses while others come", () => {
    const told = new ToldTrades();
    for (let id = 10; id < 200; id += 10) {
      told.hear(id + 5, id, id);
      expect(told.hear(id + 5, id, id)).toBe(TOLD.MISSING);
    }
  });

  it("of another connection say nothing about this one", () => {
    const told = new ToldTrades();
    told.hear(20, 10, 1);
    told.renew();
    expect(told.hear(21, 10, 1)).toBe(TOLD.FINE);
    expect(told.hear(21, 10, 1)).toBe(TOLD.MISSING);
  });
});
