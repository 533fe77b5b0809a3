import { expect, it } from "vitest";
import { feedOf } from "./sink-feed.ts";
import { judged } from "./sink-judge.ts";
import { leaksIn } from "./sink-place.ts";
import type { Written } from "./sink-trial.ts";

/** The judge on trial: whoever finds nothing wrong has to be able to. */

const feed = feedOf("a", 100, 5);
const truth = feed.truth(() => true);
const all: readonly Written[] = feed.events.map(({ seq, slots, event }) => ({
  seq,
  slots,
  key: String(event["instrument"]),
  event,
}));

function changed(at: number, one: Partial<Written>): Written[] {
  return all.map((written, i) => (i === at ? { ...written, ...one } : written));
}

async function faults(written: readonly Written[]): Promise<readonly string[]> {
  return (await judged(truth, Promise.resolve(written))).faults;
}

it("finds nothing wrong with what was written", async () => {
  const verdict = await judged(truth, Promise.resolve(all));
  expect(verdict).toEqual({
    faults: [],
    records: 100,
    slots: feed.count,
    missing: 0,
    twice: 0,
    compared: 100,
    keys: 3,
    holes: [],
  });
});

it("takes what comes in pieces", async () => {
  async function* pieces(): AsyncGenerator<Written | readonly Written[]> {
    yield all.slice(0, 40);
    yield* all.slice(40);
  }
  expect((await judged(truth, pieces())).faults).toEqual([]);
});

it("finds one event too few", async () => {
  const { seq } = all[30]!;
  expect(await faults(all.toSpliced(30, 1))).toEqual([`1 missing: slot ${seq}`]);
});

it("finds one event twice, and out of its order", async () => {
  const { seq, key } = all[30]!;
  const last = all.findLast((one) => one.key === key)!;
  expect(await faults([...all, all[30]!])).toEqual([
    `1 out of order: ${key}: ${seq} behind ${last.seq}`,
    `1 there more than once: slot ${seq}, 2 times`,
  ]);
});

it("finds what is not to be there", async () => {
  const trades = feed.truth(({ event }) => event["type"] === "trade");
  const { faults: found } = await judged(trades, Promise.resolve(all.slice(0, 2)));
  expect(found).toContain("1 not to be there: slot 1");
});

it("finds a place outside of what was committed", async () => {
  expect(await faults([...all, { seq: feed.count, slots: 1 }])).toEqual([
    `1 outside of what was committed: 1 slots from ${feed.count}`,
  ]);
});

it("finds another value, and another number of slots", async () => {
  const { event, seq } = all[0]!;
  const other = { ...event, price: 1.5 };
  expect(await faults(changed(0, { event: other }))).toEqual([
    `1 other values in price: ${seq}: expected ${String(event!["price"])}, saw 1.5`,
  ]);
  const more = { ...event, slots: 2 };
  expect(await faults(changed(0, { event: more }))).toEqual([
    `1 other values in slots: ${seq}: expected 1, saw 2`,
  ]);
});

it("finds a secret however it is written", () => {
  const secret = "p%rl/of-w&ods 7";
  const basic = Buffer.from(`feed:${secret}`).toString("base64");
  const texts = [secret, JSON.stringify({ secret }), encodeURIComponent(secret), `Basic ${basic}`];
  for (const text of texts)
    expect(leaksIn(`saw ${text} there`, [secret]), text).toEqual(["a secret of 15 characters"]);
  expect(leaksIn("saw pearls", [secret])).toEqual([]);
});
