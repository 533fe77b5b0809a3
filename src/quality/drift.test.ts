import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriftJudge, nearest, shapeOf, shapesOf } from "./drift.ts";
import type { Drift } from "./drift.ts";

const TABLE = {
  trade: { "": ["object"], p: ["string"], q: ["string"], t: ["number"], m: ["boolean"] },
  book: {
    "": ["object"],
    b: ["array"],
    "b[]": ["array"],
    "b[][]": ["string"],
    cs: ["object"],
    "cs.checksum": ["number"],
    u: ["number"],
  },
} as const;

const trade = (i: number): object => ({ p: `1.${i}`, q: "2", t: i, m: i % 2 === 0 });
const book = (i: number, checksum = i * 7919): object => ({
  b: [
    ["1", "2"],
    ["3", String(i)],
  ],
  cs: { checksum },
  u: i,
});

/** What a judge tells of frames made one after another, and at which. */
function told(
  judge: DriftJudge,
  channel: string,
  from: number,
  to: number,
  make: (i: number) => unknown,
): [number, Drift][] {
  const out: [number, Drift][] = [];
  for (let i = from; i < to; i++) for (const one of judge.judge(channel, make(i))) out.push([i, one]);
  return out;
}

describe("DriftJudge", () => {
  it("says nothing of frames that are as they were", () => {
    const judge = new DriftJudge(TABLE);
    expect(told(judge, "trade", 0, 1000, trade)).toEqual([]);
    expect(told(judge, "book", 0, 1000, (i) => book(i))).toEqual([]);
  });

  it("tells of a field nobody has heard of, once", () => {
    const judge = new DriftJudge(TABLE);
    const made = (i: number): object => ({ ...trade(i), x: { y: i } });
    expect(told(judge, "trade", 0, 500, made)).toEqual([
      [0, { kind: "unknown_field", channel: "trade", path: "x", expected: "no such field", seen: "object" }],
      [
        0,
        { kind: "unknown_field", channel: "trade", path: "x.y", expected: "no such field", seen: "number" },
      ],
    ]);
  });

  it("tells of a number that became text, once, and of one that became null", () => {
    const judge = new DriftJudge(TABLE);
    told(judge, "trade", 0, 10, trade);
    expect(told(judge, "trade", 10, 500, (i) => ({ ...trade(i), t: i === 300 ? null : String(i) }))).toEqual([
      [10, { kind: "changed_type", channel: "trade", path: "t", expected: "number", seen: "string" }],
      [
        300,
        { kind: "changed_type", channel: "trade", path: "t", expected: "number or string", seen: "null" },
      ],
    ]);
  });

  it("tells of a field that is gone, once it has been in all of a hundred frames and is missing in forty", () => {
    const judge = new DriftJudge(TABLE);
    told(judge, "trade", 0, 150, trade);
    const gone = (i: number): object => ({ p: `1.${i}`, t: i, m: true });
    const [[at, drift] = []] = told(judge, "trade", 150, 189, gone);
    expect([at, drift]).toEqual([undefined, undefined]);
    expect(told(judge, "trade", 189, 600, gone).filter(([, { kind }]) => kind === "vanished_field")).toEqual([
      [
        189,
        {
          kind: "vanished_field",
          channel: "trade",
          path: "q",
          expected: "a field of all of 150 frames",
          seen: "none in 40 frames in a row",
        },
      ],
    ]);
  });

  it("expects nothing of a field that was not in every frame", () => {
    const judge = new DriftJudge(TABLE);
    told(judge, "trade", 0, 1000, (i) => (i % 90 === 0 ? { p: `1.${i}`, t: i, m: true } : trade(i)));
    expect(told(judge, "trade", 1000, 2000, (i) => ({ p: `1.${i}`, t: i, m: true }))).toEqual([]);
  });

  it("tells of a checksum that never changes, and of any value that stops changing", () => {
    const judge = new DriftJudge(TABLE);
    expect(told(judge, "book", 0, 400, (i) => book(i, 0))).toEqual([
      [
        40,
        {
          kind: "constant_value",
          channel: "book",
          path: "cs.checksum",
          expected: "a value that changes from frame to frame",
          seen: "0 in 41 frames in a row",
        },
      ],
    ]);
    const other = new DriftJudge(TABLE);
    told(other, "trade", 0, 150, trade);
    const stuck = told(other, "trade", 150, 400, (i) => ({ ...trade(i), t: 149 }));
    expect(stuck.map(([at, { path, kind }]) => [at, path, kind])).toEqual([[189, "t", "constant_value"]]);
  });

  it("does not mind a value that repeats by its nature", () => {
    const judge = new DriftJudge(TABLE);
    told(judge, "trade", 0, 300, (i) => ({ ...trade(i), q: String(Math.floor(i / 3)) }));
    expect(told(judge, "trade", 300, 600, (i) => ({ ...trade(i), q: "5" }))).toEqual([]);
  });

  it("learns a channel that no table has from its first frame", () => {
    const judge = new DriftJudge({});
    expect(told(judge, "ticker", 0, 10, trade)).toEqual([]);
    expect(judge.judge("ticker", { ...trade(1), p: 5 })).toMatchObject([{ kind: "changed_type", path: "p" }]);
  });

  it("is bounded where keys are data", () => {
    const judge = new DriftJudge({ trade: { "": ["object"] } });
    const found = told(judge, "trade", 0, 2000, (i) => ({ [`K${i}`]: i }));
    expect(found.length).toBe(400);
    expect(found.at(-1)![1]).toMatchObject({ path: "*", seen: "more of them" });
  });

  it("takes any JSON, and tells of nothing twice", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 6 }), { maxLength: 8 }), (frames) => {
        const judge = new DriftJudge({});
        for (const one of frames) judge.judge("x", one);
        for (const one of frames) expect(judge.judge("x", one)).toEqual([]);
      }),
    );
  });
});

describe("a checksum that is a remnant", () => {
  it("may stand still where books are not proved by it, unless it was seen to change", () => {
    const zero = (): object => book(1, 0);
    const remnant = new DriftJudge(shapesOf({}), false);
    expect(told(remnant, "book", 0, 500, zero)).toEqual([]);
    const was = new DriftJudge(shapesOf({}), false);
    expect(told(was, "book", 0, 3, (i) => book(i))).toEqual([]);
    const found = told(was, "book", 3, 500, zero);
    expect(found.map(([, { kind, path }]) => [kind, path])).toContainEqual(["constant_value", "cs.checksum"]);
  });
});

describe("nearest", () => {
  const known = shapesOf({ trade: ":o p:s q:s", book: ":o b:a b[]:a b[][]:s u:n", ack: ":o id:n" });

  it("is the channel that has most in common, at least half of all", () => {
    expect(nearest(known, { p: 1, quantity: 2, q: 3 })).toBe("trade");
    expect(nearest(known, { b: [["1"]], u2: 1, u: 1 })).toBe("book");
    expect([nearest(known, { a: 1, b2: 2, c: 3 }), nearest({}, {}), nearest(known, [])]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("shapeOf", () => {
  it("names every path with its types", () => {
    expect([...shapeOf(book(1))].map(([path, types]) => [path, ...types])).toEqual([
      ["", "object"],
      ["b", "array"],
      ["b[]", "array"],
      ["b[][]", "string"],
      ["cs", "object"],
      ["cs.checksum", "number"],
      ["u", "number"],
    ]);
  });
});

describe("shapesOf", () => {
  it("reads a table of known frames", () => {
    expect(shapesOf({ trade: ":o p:s q:nz b[]:abo", x: ":o a:b:s" })).toEqual({
      trade: { "": ["object"], p: ["string"], q: ["number", "null"], "b[]": ["array", "boolean", "object"] },
      x: { "": ["object"], "a:b": ["string"] },
    });
  });
});
