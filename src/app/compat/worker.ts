import { setImmediate as turn } from "node:timers/promises";
import { Waiter } from "../../client/waiter.ts";
import { K4_RECORDS } from "../../log/compat-k4.ts";
import type { InstrumentRow } from "../../log/index.ts";
import { openRegion, sharedRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { K4Config } from "../config/compat.ts";
import { runPart } from "../parts/inside.ts";
import { BookFiles } from "./book-files.ts";
import type { CompatFiles } from "./files.ts";
import { Followed } from "./followed.ts";
import type { Taker } from "./followed.ts";
import { Follower } from "./follower.ts";
import type { Wish } from "./follower.ts";
import { K4File } from "./k4-file.ts";
import { MessageRing } from "./message-ring.ts";
import type { CompatData, CompatMessage, CompatOrder, Located } from "./messages.ts";

/** The part that keeps the files of one lane current: it sleeps until the lane commits, and has a thread of its own for that. */

/** Longest sleep: after it, orders are heard. */
const NAP_MS = 20;
/** A row that goes with a commit is there microseconds later: looked for so long without a rest, then with rests between. */
const SPIN_MS = 0.03;
const SHORT_MS = 0.05;
const TELL_MS = 200;

const never = new Int32Array(new SharedArrayBuffer(4));

runPart<CompatData, CompatOrder, CompatMessage>(async (inside) => {
  const { lane } = inside.data;
  const handle = lane.path === null ? sharedRegion(lane.buffer!) : openRegion(lane.path);
  const { files, wishes } = build(inside.data, handle);
  const follower = new Follower(handle, "compat", wishes);
  const state = { stopping: false };
  inside.onMessage(() => {
    state.stopping = true;
  });
  const tell = (): void => inside.post({ type: "standing", standing: standingOf(follower, files) });
  inside.post({ type: "ready" });
  await follow(follower, new Waiter(follower.ring, handle), state, () => {
    follower.tick(Date.now());
    for (const path of files.flatMap((one) => one.restore()))
      inside.post({
        type: "report",
        level: "warn",
        message: "a file was gone or changed, it was put back",
        facts: { lane: lane.name, path },
      });
    tell();
  });
  while (follower.step());
  follower.close();
  tell();
  for (const one of files) one.close();
  await inside.end();
});

async function follow(
  follower: Follower,
  waiter: Waiter,
  state: { readonly stopping: boolean },
  tick: () => void,
): Promise<void> {
  let [turned, ticked] = [performance.now(), 0];
  while (!state.stopping) {
    let pending = follower.step();
    const now = performance.now();
    while (pending && performance.now() - now < SPIN_MS) pending = follower.step();
    if (now - ticked >= TELL_MS) {
      tick();
      ticked = now;
    }
    if (now - turned >= NAP_MS) {
      await turn();
      turned = performance.now();
    } else if (pending && follower.ring.lag === 0) Atomics.wait(never, 0, 0, SHORT_MS);
    else if (follower.ring.lag === 0) waiter.stepSync("futex", NAP_MS);
  }
}

function build(
  { bookFiles, messageRing, k4 }: CompatData,
  { region }: RegionHandle,
): { readonly files: readonly CompatFiles[]; readonly wishes: readonly Wish[] } {
  const files: CompatFiles[] = [];
  const wishes: Wish[] = [];
  if (bookFiles !== null) {
    const two = new BookFiles(bookFiles);
    const followed = new Followed(region, [two], bookFiles.quotes);
    files.push(two);
    wishes.push({ code: bookFiles.code, name: bookFiles.symbol, followed });
  }
  if (messageRing !== null) {
    const ring = new MessageRing(messageRing, region);
    files.push(ring);
    for (const name of messageRing.symbols) {
      const taker = ring.taker();
      const followed = new Followed(region, [taker], messageRing.quotes);
      wishes.push({ code: messageRing.code, name, followed, listed: (row) => taker.listed(row) });
    }
  }
  for (const one of k4) {
    const regions = regionsOf(one);
    files.push(...regions);
    one.symbols.forEach((name, i) => {
      const takers: Taker[] = regions.map((file) => file.taker(i, one.quotes));
      const listed = (row: InstrumentRow): void => {
        if (one.product === undefined) for (const file of regions) file.is(i, row);
      };
      wishes.push({ code: one.code, name, followed: new Followed(region, takers, one.quotes), listed });
    });
  }
  return { files, wishes };
}

function regionsOf(config: Located<K4Config>): K4File[] {
  const { symbols, records, dir, product } = config;
  return K4_RECORDS.flatMap((record) => {
    const name = config[record];
    return name === undefined ? [] : [new K4File(`${dir}/${name}`, { record, symbols, records }, product)];
  });
}

function standingOf(
  { ring }: Follower,
  files: readonly CompatFiles[],
): (CompatMessage & { type: "standing" })["standing"] {
  return { lag: ring.lag, lost: ring.lost, files: files.flatMap(({ counts }) => counts) };
}
