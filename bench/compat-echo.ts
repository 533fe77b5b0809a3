/** A bare reader in a thread of its own: sleeps until the lane commits and says how far it is. The floor of every woken reader. */
import { workerData } from "node:worker_threads";
import { Waiter } from "../src/client/waiter.ts";
import { RingReader } from "../src/log/index.ts";
import { openRegion } from "../src/store/index.ts";

const { path, seen } = workerData as { path: string; seen: Int32Array };
const handle = openRegion(path);
const ring = new RingReader(handle.region.control, handle.region.slots);
const waiter = new Waiter(ring, handle);
const nothing = (): void => undefined;
Atomics.store(seen, 1, 1);
while (Atomics.load(seen, 1) === 1) {
  if (ring.poll(nothing) === 0) waiter.stepSync("futex", 20);
  Atomics.store(seen, 0, ring.cursor);
}
