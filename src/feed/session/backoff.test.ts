import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

describe("Backoff", () => {
  it("doubles up to its cap and keeps jitter in the upper half", () => {
    const low = new Backoff({ minMs: 100, maxMs: 1000 }, () => 0);
    const high = new Backoff({ minMs: 100, maxMs: 1000 }, () => 1);
    expect([1, 2, 3, 4, 5, 6].map(() => low.next())).toEqual([50, 100, 200, 400, 500, 500]);
    expect([1, 2, 3, 4, 5, 6].map(() => high.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it("keeps jittering at the cap and after a thousand failures", () => {
    let flip = 0;
    const backoff = new Backoff({ minMs: 100, maxMs: 1000 }, () => (flip ^= 1));
    for (let i = 0; i < 1000; i++) backoff.next();
    expect(new Set([backoff.next(), backoff.next()])).toEqual(new Set([500, 1000]));
  });

  it("starts again from the shortest delay after reset", () => {
    const backoff = new Backoff({ minMs: 100, maxMs: 1000 }, () => 1);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });
});
