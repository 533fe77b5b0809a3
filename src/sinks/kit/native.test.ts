import { expect, it } from "vitest";
import { EventReader, slotFlags } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import { feedOf } from "../../../test/contracts/sink-feed.ts";
import { NativeEvents } from "./native.ts";

it("gives every event its place in the log, and what tail prints", () => {
  const feed = feedOf("a", 300, 5);
  const events = new NativeEvents();
  const batches = [feed.batch(0, 120), feed.batch(120, 300)];
  const texts = batches.flatMap((batch) =>
    [...events.of(batch)].map(({ text }) => JSON.parse(text) as object),
  );
  expect(texts).toEqual(batches.flatMap((batch) => wanted(batch)));
});

function wanted(batch: ReturnType<ReturnType<typeof feedOf>["batch"]>): object[] {
  const reader = new EventReader(batch.rows);
  const all: object[] = [];
  let first = 0;
  for (let i = 0; i < batch.count; i++) {
    const event = reader.accept(batch.slots, i << 4);
    if ((slotFlags(batch.slots, i << 4) & FLAG.LAST) === 0) continue;
    all.push({ lane: "a", log_seq: batch.seqs[first], slots: i - first + 1, ...event });
    first = i + 1;
  }
  return all;
}

it("says what is missing before the events behind it", () => {
  const feed = feedOf("b", 20, 5);
  const hole = { first: 3, last: 9, reason: "lapped" };
  const [told, next] = [...new NativeEvents().of({ ...feed.batch(10, 20), holes: [hole] })];
  expect(JSON.parse(told!.text)).toEqual({ lane: "b", log_seq: 3, slots: 7, type: "hole", reason: "lapped" });
  expect([told!.seq, told!.slots, told!.at]).toEqual([3, 7, -1]);
  expect([next!.seq, next!.at]).toEqual([feed.starts[10], 0]);
});

it("forgets names when a lane's region is another one", () => {
  const feed = feedOf("a", 10, 5);
  const events = new NativeEvents();
  const before = [...events.of(feed.batch(0, 1))][0]!.text;
  const rows = { venue: () => "okx", instrument: () => null };
  const after = [...events.of({ ...feed.batch(0, 1), session: "another", rows })][0]!.text;
  expect(before).not.toContain('"venue":"okx"');
  expect(after).toContain('"venue":"okx","symbol":"#');
});
