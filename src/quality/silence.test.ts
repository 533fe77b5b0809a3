import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SILENCE, SILENCE_DEFAULTS, SilenceJudge } from "./silence.ts";
import { Spacing } from "./spacing.ts";

const TICK = 100;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** More symbols on demand: FEEDHORN_SILENCE_SYMBOLS=1000. */
const SYMBOLS = Number(process.env["FEEDHORN_SILENCE_SYMBOLS"] ?? 60);

/** Seeded uniform numbers in [0, 1) (mulberry32). */
function uniform(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How a symbol speaks: ms until its next event, given the time of the day and what the whole market does. */
type Nature = (random: () => number, mean: number) => number;

const exponential: Nature = (random, mean) => -mean * Math.log(1 - random());
/** Log-normal with sigma 1.2: one gap in a thousand is forty times the median. */
const heavy: Nature = (random, mean) => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean * Math.exp(1.2 * normal - 0.72);
};
const NATURES: readonly Nature[] = [exponential, heavy];

interface Symbol {
  readonly judge: SilenceJudge;
  readonly nature: Nature;
  /** Mean gap at noon, ms. */
  readonly mean: number;
  readonly bursty: boolean;
  next: number;
  count: number;
  /** Own weather: how much faster than usual, until when. */
  pace: number;
  paceUntil: number;
  verdict: number;
}

/** A connection with many symbols: daily rhythm of one to eight, storms of all together, bursts and lulls of each. */
class Market {
  readonly symbols: Symbol[];
  readonly #random: () => number;
  #storm = 1;
  #stormUntil = 0;
  now = 0;
  silenced = -1;
  /** Verdicts of this tick that were not those of the tick before. */
  readonly changed: Symbol[] = [];

  /** Mean gaps at noon are from 100 ms on, up to `octaves` doublings of it. */
  constructor(count: number, seed: number, octaves = 12) {
    this.#random = uniform(seed);
    this.symbols = Array.from({ length: count }, (_, i) => ({
      judge: new SilenceJudge(),
      nature: NATURES[i % 2]!,
      mean: 100 * 2 ** (octaves * this.#random()),
      bursty: i % 3 === 0,
      next: 0,
      count: 0,
      pace: 1,
      paceUntil: 0,
      verdict: SILENCE.OK,
    }));
  }

  tick(): void {
    this.now += TICK;
    this.changed.length = 0;
    this.#weather();
    let total = 0;
    for (const one of this.symbols) total += this.#speak(one);
    for (const one of this.symbols) {
      const verdict = one.judge.judge(this.now, one.count, total - one.count);
      if (verdict !== one.verdict) this.changed.push(one);
      one.verdict = verdict;
    }
  }

  #weather(): void {
    if (this.now < this.#stormUntil) return;
    this.#storm = this.#random() < 0.1 ? 6 : this.#random() < 0.1 ? 0.3 : 1;
    this.#stormUntil = this.now + exponential(this.#random, 120_000);
  }

  #speak(one: Symbol): number {
    const day = 1 + 0.78 * Math.sin((2 * Math.PI * this.now) / DAY);
    while (one.next <= this.now) {
      if (one.bursty && one.next > one.paceUntil) {
        one.pace = this.#random() < 0.5 ? 5 : 0.5;
        one.paceUntil = one.next + exponential(this.#random, 300_000);
      }
      if (this.symbols[this.silenced] !== one) one.count += 1;
      // At most a tick faster than the ticks: nobody can tell more.
      one.next += Math.max(TICK / 2, one.nature(this.#random, one.mean / (day * this.#storm * one.pace)));
    }
    return one.count;
  }
}

describe("a day of arrivals", () => {
  it.each([
    [SYMBOLS, 12, "of all kinds"],
    [SYMBOLS / 6, 4, "busy ones, whose floor is low"],
  ])(
    "starts less than one of %i streams again that was only quiet (%i octaves, %s)",
    { timeout: 120_000 },
    (count, octaves) => {
      const market = new Market(count, 7, octaves);
      let restarts = 0;
      let suspected = 0;
      while (market.now < DAY) {
        market.tick();
        for (const one of market.changed) {
          if (one.verdict === SILENCE.SUSPICIOUS) suspected += 1;
          if (one.verdict !== SILENCE.SILENT) continue;
          restarts += 1;
          one.judge.absolve(market.now);
        }
      }
      expect({ restarts, few: suspected < count / 4 }).toEqual({ restarts: 0, few: true });
    },
  );

  it("finds each symbol that falls silent on a busy connection within five of its longest gaps", () => {
    const market = new Market(12, 3);
    while (market.now < 3 * HOUR) market.tick();
    const known = market.symbols.filter(({ mean }) => mean < 5000);
    expect(known.length).toBeGreaterThan(3);
    for (const one of known) {
      while (one.judge.silence > 0) market.tick();
      const { spacing } = one.judge;
      const from = market.now;
      market.silenced = market.symbols.indexOf(one);
      const verdicts: number[] = [];
      while (one.verdict !== SILENCE.SILENT && market.now - from < 20 * spacing) {
        market.tick();
        if (market.changed.includes(one)) verdicts.push(one.verdict);
      }
      expect(verdicts).toEqual([SILENCE.SUSPICIOUS, SILENCE.SILENT]);
      expect(market.now - from).toBeLessThanOrEqual(5 * Math.max(spacing, TICK));
      market.silenced = -1;
      one.judge.forget(market.now);
    }
  });
});

/** A judge that heard an event a second from one of two streams for an hour; the other spoke ten times as often. */
function taught(options = {}): SilenceJudge {
  const judge = new SilenceJudge({ ...SILENCE_DEFAULTS, ...options });
  for (let now = 0; now <= HOUR; now += TICK) judge.judge(now, Math.floor(now / 1000), now / TICK);
  return judge;
}

/** Verdicts of `ms` of silence after an hour, with `siblings` events a tick, each when it changes: ms and verdict. */
function silence(judge: SilenceJudge, ms: number, siblings: number): [number, number][] {
  const said: [number, number][] = [];
  for (let t = TICK; t <= ms; t += TICK) {
    const verdict = judge.judge(HOUR + t, 3600, HOUR / TICK + (siblings * t) / TICK);
    if (verdict !== (said.at(-1)?.[1] ?? SILENCE.OK)) said.push([t, verdict]);
  }
  return said;
}

describe("SilenceJudge", () => {
  it("asks at three quarters of the limit and says silent at the limit", () => {
    const judge = taught();
    expect([judge.spacing, judge.limit]).toEqual([100 * 2 ** 3.5, 400 * 2 ** 3.5]);
    expect(silence(judge, 6000, 1)).toEqual([
      [3400, SILENCE.SUSPICIOUS],
      [4600, SILENCE.SILENT],
    ]);
  });

  it("holds nothing against a stream whose siblings are silent too, or as slow as it is", () => {
    expect(silence(taught(), 60_000, 0)).toEqual([]);
    expect(silence(taught(), 12_000, 0.1)).toEqual([]);
  });

  it("leaves a connection that stops to those who watch connections", () => {
    const judge = taught();
    const said: number[] = [];
    for (let t = TICK; t < 60_000; t += TICK)
      said.push(judge.judge(HOUR + t, 3600, HOUR / TICK + Math.min(30, t / TICK)));
    expect([...new Set(said)]).toEqual([SILENCE.OK, SILENCE.SUSPICIOUS]);
    expect(said.lastIndexOf(SILENCE.SUSPICIOUS) * TICK).toBeLessThan(4000);
  });

  it.each([
    [100, 500],
    [200, 1000],
    [300, 1400],
    [500, 2300],
  ])(
    "lowers its floor for a stream that is known well: a beat of %i ms is missed after %i ms",
    (beat, found) => {
      const judge = new SilenceJudge();
      for (let now = 0; now <= 3 * HOUR; now += TICK) judge.judge(now, Math.floor(now / beat), now / 20);
      const last = Math.floor((3 * HOUR) / beat);
      const since = judge.silence;
      const said: number[] = [];
      for (let t = TICK; said.at(-1) !== SILENCE.SILENT; t += TICK) {
        const verdict = judge.judge(3 * HOUR + t, last, (3 * HOUR + t) / 20);
        if (verdict !== (said.at(-1) ?? SILENCE.OK)) said.push(verdict);
      }
      expect([said, judge.silence - since]).toEqual([[SILENCE.SUSPICIOUS, SILENCE.SILENT], found]);
      expect(judge.silence).toBeLessThanOrEqual(5 * judge.spacing);
    },
  );

  it("keeps its floor for one that is not", () => {
    const judge = new SilenceJudge();
    for (let now = 0; now <= 900_000; now += TICK) judge.judge(now, Math.floor(now / 100), now / 20);
    expect([judge.spacing < 130, judge.limit]).toEqual([true, 3000]);
  });

  it("does not judge before it has learned, nor what it did not listen to", () => {
    expect(silence(taught({ learnMs: 2 * HOUR }), 60_000, 1)).toEqual([]);
    expect(silence(taught({ leastGaps: 4000 }), 60_000, 1)).toEqual([]);
    const late = taught();
    late.pause(4000);
    expect(silence(late, 8000, 1)[0]).toEqual([7400, SILENCE.SUSPICIOUS]);
    const away = taught();
    away.judge(HOUR + 3000, 3600, HOUR / TICK + 30);
    away.forget(HOUR + 3000);
    expect([away.silence, away.siblings]).toEqual([0, 0]);
  });

  it("takes a silence in which nothing was missed for ordinary from then on", () => {
    const judge = taught();
    expect(silence(judge, 5000, 1).length).toBe(2);
    judge.absolve(HOUR + 5000);
    expect(judge.spacing).toBeGreaterThanOrEqual(5000);
    expect(judge.judge(HOUR + 5100, 3600, HOUR / TICK + 51)).toBe(SILENCE.OK);
  });

  it("learns nothing from one freak", () => {
    const judge = taught();
    judge.judge(HOUR + 600_000, 3601, HOUR / TICK + 6000);
    expect(judge.spacing).toBe(100 * 2 ** 3.5);
  });
});

describe("Spacing", () => {
  it("says the second longest gap times how far it is from the sixteenth, within a class, whatever the order", () => {
    const gap = fc.double({ min: 100, max: 1e8, noNaN: true });
    fc.assert(
      fc.property(fc.array(gap, { minLength: 16, maxLength: 60 }), (gaps) => {
        const spacing = new Spacing(100, DAY);
        gaps.forEach((one, i) => spacing.add(one, i));
        const [second, sixteenth] = [1, 15].map((at) => gaps.toSorted((a, b) => b - a)[at]!);
        const expected = (tail: number): number => second! * Math.max(1, Math.min(4, tail));
        const longest = spacing.reckon(gaps.length);
        const CLASS = 2 ** 0.2500001;
        expect(longest).toBeGreaterThanOrEqual(expected(second! / sixteenth! / CLASS) / 1.0000001);
        expect(longest).toBeLessThanOrEqual(expected((second! / sixteenth!) * CLASS) * CLASS);
      }),
    );
  });

  it("forgets slowly: after a day two such gaps count as one", () => {
    const spacing = new Spacing(100, DAY);
    spacing.add(50_000, 0);
    spacing.add(50_000, 0);
    spacing.add(1000, 0);
    expect(spacing.reckon(0)).toBeGreaterThan(50_000);
    for (let i = 0; i < 20; i++) spacing.add(1000, DAY);
    expect(spacing.reckon(DAY)).toBeLessThan(1200);
    expect(spacing.total(DAY)).toBeCloseTo(21.5, 9);
  });
});
