import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";

const RULE = { wins: 100, samples: 20, factor: 2, marginMs: 1 };

/** `delays[place]`: ms after the first copy; NaN: it never brings it. */
function run(pace: Pace, time: { mark: number }, delays: readonly number[], events: number, from = 0): void {
  const order = delays
    .map((delay, place) => ({ delay, place }))
    .filter(({ delay }) => delay === delay)
    .toSorted((a, b) => a.delay - b.delay);
  for (let id = from; id < from + events; id++) {
    const start = time.mark;
    order.forEach(({ delay, place }, i) => {
      time.mark = start + delay - order[0]!.delay;
      if (i === 0) pace.first(place, 7, id, 0);
      else pace.again(place, 7, id, 0);
    });
    time.mark = start + 10;
  }
}

function paced(places: number): { pace: Pace; time: { mark: number } } {
  const time = { mark: 1000 };
  const pace = new Pace(time);
  for (let place = 0; place < places; place++) pace.join(place, true);
  return { pace, time };
}

describe("pace of several connections", () => {
  it("counts who was first and knows how much later the others are", () => {
    const { pace, time } = paced(3);
    run(pace, time, [0, 3, 5], 80);
    expect([...pace.wins.subarray(0, 3)]).toEqual([80, 0, 0]);
    expect([0, 1, 2].map((place) => pace.delay(place))).toEqual([0, 3, 5]);
    expect(pace.delay(3)).toBeNaN();
  });

  it("names the slowest only with enough events, and by a margin", () => {
    const { pace, time } = paced(2);
    run(pace, time, [0, 3], 99);
    expect(pace.slowest(RULE)).toBe(-1);
    run(pace, time, [0, 3], 1, 99);
    expect(pace.slowest(RULE)).toBe(1);
    const close = paced(2);
    run(close.pace, close.time, [0, 0.9], 500);
    expect(close.pace.slowest(RULE)).toBe(-1);
    const even = paced(2);
    for (let i = 0; i < 300; i++) run(even.pace, even.time, i % 2 === 0 ? [0, 4] : [4, 0], 1, i);
    expect(even.pace.slowest(RULE)).toBe(-1);
  });

  it("takes what never came for late, and forgets with the connection", () => {
    const { pace, time } = paced(2);
    for (let i = 0; i < 30; i++) {
      run(pace, time, [0, NaN], 10, i * 10);
      time.mark += 1000;
    }
    expect(pace.delay(1)).toBe(1000);
    expect(pace.slowest(RULE)).toBe(1);
    pace.join(1, false);
    pace.join(1, true);
    expect([pace.delay(1), pace.slowest(RULE)]).toEqual([NaN, -1]);
    run(pace, time, [0, 5], 50, 9000);
    expect(pace.slowest(RULE)).toBe(-1);
  });
});
