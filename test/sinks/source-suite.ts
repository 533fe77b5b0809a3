import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sink } from "../../src/sinks/index.ts";
import type { MessageSource, SourceMessage } from "../../src/sinks/kit/source.ts";
import { feedOf } from "../contracts/sink-feed.ts";
import { Places, Trial } from "../contracts/sink-place.ts";
import type { SinkTrial, TrialPlace } from "../contracts/sink-trial.ts";
import type { Service } from "../services/service.ts";

/** How the suite opens a source on what the sink of the same vendor has written. */
export interface SourceTrial {
  /** `group`: who reads together; `topic` unset: the one that the sink writes to. */
  open(place: TrialPlace<Service>, group: string, topic?: string): Promise<MessageSource>;
  /** The vendor takes note of stored batches as a whole: what was committed of one comes again with its rest. */
  readonly wholeBatches?: boolean;
}

const TIME_MS = 240_000;
const EVENTS = 240;

/** What is promised of every source of messages, whatever its vendor. */
export function sourceContract(sink: Sink, trial: SinkTrial<Service>, source: SourceTrial): void {
  const missing = trial.servers!.missing();
  describe.skipIf(missing !== null)(`source ${sink.type}`, () => {
    const places = new Places<Service>();
    beforeAll(async () => places.serve(await trial.servers!.start()), TIME_MS);
    afterAll(() => {
      places.server.remove();
      places.clear();
    });

    /** A topic with the events of one lane. */
    const filled = async (): Promise<TrialPlace<Service>> => {
      const one = new Trial(sink, trial, places.next());
      await one.open();
      await one.writeAll(feedOf("a", EVENTS, 5), 0, 20);
      await one.flush();
      await one.close();
      return one.place;
    };

    it(
      "hands out what was written, in order; what is committed does not come again",
      { timeout: TIME_MS },
      async () => {
        const place = await filled();
        const all = feedOf("a", EVENTS, 5).starts.slice(0, -1);
        const first = await source.open(place, "one");
        const begun = await taken(first, 100);
        await first.commit(begun);
        await first.next(10, 2000);
        await first.close();
        const second = await source.open(place, "one");
        const known = source.wholeBatches === true ? new Set(begun.map(seqOf)) : new Set<number>();
        const repeated: SourceMessage[] = [];
        const rest: SourceMessage[] = [];
        for (const message of await taken(second, EVENTS - 100, (one) => !known.has(seqOf(one))))
          (known.has(seqOf(message)) ? repeated : rest).push(message);
        const open = new Set(rest.map(batchOf));
        expect(repeated.filter((message) => !open.has(batchOf(message)))).toEqual([]);
        expect(await second.next(10, 300)).toEqual([]);
        await second.commit([...repeated, ...rest]);
        await second.close();
        const both = [...begun, ...rest];
        expect(both.map(seqOf).toSorted((a, b) => a - b)).toEqual(all);
        for (const key of new Set(both.map((message) => message.key))) {
          expect(key).toMatch(/^binance-coinm:/);
          const list = both.filter((message) => message.key === key).map(seqOf);
          expect(list).toEqual(list.toSorted((x, y) => x - y));
        }
        for (const { headers, value } of both) {
          const event = JSON.parse(new TextDecoder().decode(value)) as {
            lane: string;
            log_seq: number;
            slots: number;
          };
          expect(headers).toEqual({ lane: event.lane, log_seq: `${event.log_seq}`, slots: `${event.slots}` });
        }
        const third = await source.open(place, "one");
        expect(await third.next(10, 1000)).toEqual([]);
        await third.close();
      },
    );

    it(
      "hands out again what was not committed, and everything to another group",
      { timeout: TIME_MS },
      async () => {
        const place = await filled();
        const first = await source.open(place, "one");
        const lost = await taken(first, 30);
        await first.close();
        for (const group of ["one", "two"]) {
          const next = await source.open(place, group);
          const got = await taken(next, EVENTS);
          await next.close();
          expect(new Set(got.map(placeOf)).size).toBe(EVENTS);
          expect(got.map(placeOf)).toEqual(expect.arrayContaining(lost.map(placeOf)));
        }
      },
    );

    it("puts what cannot be used aside with the reason, as it was", { timeout: TIME_MS }, async () => {
      const place = await filled();
      const reader = await source.open(place, "one");
      const [bad] = await taken(reader, 1);
      await reader.deadLetter(bad!, "expected a trade, saw something else");
      await reader.commit([bad!]);
      await reader.close();
      const dead = await source.open(place, "two", `${place.word}-dead`);
      const [letter] = await taken(dead, 1);
      await dead.close();
      expect(letter!.key).toBe(bad!.key);
      expect([...letter!.value]).toEqual([...bad!.value]);
      expect(letter!.headers).toEqual({
        ...bad!.headers,
        dead_letter_reason: "expected a trade, saw something else",
        dead_letter_place: bad!.place,
      });
    });

    it(
      "gives a member's share to the others when it leaves, and nothing is left out",
      { timeout: TIME_MS },
      async () => {
        const place = await filled();
        const members = [await source.open(place, "one"), await source.open(place, "one")];
        const seen = new Set<string>();
        for (let turn = 0; seen.size < EVENTS; turn++) {
          expect(turn).toBeLessThan(400);
          if (turn === 6) await members.pop()!.close();
          for (const member of members) {
            const some = await member.next(10, 100);
            for (const message of some) seen.add(placeOf(message));
            await member.commit(some);
          }
        }
        for (const member of members) await member.close();
      },
    );

    it("goes on after its broker was killed -9", { timeout: TIME_MS }, async () => {
      const place = await filled();
      let reader = await source.open(place, "one");
      const begun = await taken(reader, 50);
      await reader.commit(begun);
      await places.server.kill();
      await reader.close();
      await places.server.start();
      const seen = new Set(begun.map(placeOf));
      reader = await again(() => source.open(place, "one"));
      while (seen.size < EVENTS) {
        const some = await taken(reader, 1);
        for (const message of some) seen.add(placeOf(message));
        await reader.commit(some);
      }
      await reader.close();
      expect(seen.size).toBe(EVENTS);
    });
  });
}

/** So many, or an error after a minute. */
/** Messages until `count` of them are wanted. */
async function taken(
  source: MessageSource,
  count: number,
  wanted: (message: SourceMessage) => boolean = () => true,
): Promise<SourceMessage[]> {
  const all: SourceMessage[] = [];
  let left = count;
  for (const end = Date.now() + 60_000; left > 0;) {
    if (Date.now() > end) throw new Error(`expected ${count} messages, saw ${count - left}`);
    const more = await source.next(left, 500);
    all.push(...more);
    left -= more.filter(wanted).length;
  }
  return all;
}

/** Where a message is stored, without its place in the batch. */
function batchOf({ place }: SourceMessage): string {
  return place.slice(0, place.lastIndexOf(":"));
}

async function again<T>(open: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 90_000; ;) {
    try {
      return await open();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function seqOf({ headers }: SourceMessage): number {
  return Number(headers["log_seq"]);
}

function placeOf({ stream, offset, place }: SourceMessage): string {
  expect(place).toBe(`${stream}/${offset}`);
  return place;
}
