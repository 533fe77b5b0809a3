/** What the calling thread has had of a processor: other processes on it make no turn of the loop longer. */
import { createRequire } from "node:module";

const CLOCK_THREAD_CPUTIME_ID = 3;

interface Koffi {
  load(path: null): { func(prototype: string): (clock: number, time: BigInt64Array) => number };
}

function threadClock(): (() => number) | null {
  if (process.platform !== "linux") return null;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const read = koffi.load(null).func("int clock_gettime(int, _Out_ int64_t *)");
    const time = new BigInt64Array(2);
    return () => {
      read(CLOCK_THREAD_CPUTIME_ID, time);
      return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
    };
  } catch {
    return null;
  }
}

const clock = threadClock();

/** Milliseconds of processor time of this thread; where that cannot be asked, of wall time. */
export const threadMs: () => number = clock ?? (() => performance.now());
