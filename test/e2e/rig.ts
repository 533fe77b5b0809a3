/** The rig is part of the program, as `feedhorn chaos` runs on it; here is what tests add. */
export { startRig } from "../../src/app/chaos/rig.ts";
export type { Rig, RigOptions } from "../../src/app/chaos/rig.ts";

export async function until(what: string, ms: number, done: () => boolean): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`expected ${what} within ${ms} ms`);
}
