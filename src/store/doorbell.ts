import type { Libc } from "./mmap.ts";

/**
 * Threads of libuv's pool (four by default, shared with files and name look-ups) that may sleep here at once. Worker
 * threads count each for itself: one that does nothing but read had better `sleep`.
 */
const POOL_SLEEPERS = 2;
const EVERYBODY = 0x7fffffff;
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;

let poolSleepers = 0;

/**
 * The head word of one mapped region as something to sleep on: the kernel's futex (futex(2), without the PRIVATE
 * flag, since sleeper and waker are different processes). Linux only. The protocol stands in log/bell.ts.
 */
export class Doorbell {
  readonly #libc: Libc;
  readonly #address: number;

  /** `address` of the head's low word in this process. */
  constructor(libc: Libc, address: number) {
    this.#libc = libc;
    this.#address = address;
  }

  /** Wakes all who sleep on the word, in any process. About a microsecond. */
  ring(): void {
    this.#libc.futex(this.#address, FUTEX_WAKE, EVERYBODY, null);
  }

  /** Blocks this thread while the word is `seen`, until somebody rings, at most `ms`. May return early. */
  sleep(seen: number, ms: number): void {
    this.#libc.futex(this.#address, FUTEX_WAIT, seen, timespec(ms));
  }

  /**
   * The same in a thread of libuv's pool: `done` is called in the event loop. False, and nothing happens, when as
   * many sleep already as the pool can spare. To wake it early, `ring`.
   */
  sleepAside(seen: number, ms: number, done: () => void): boolean {
    if (poolSleepers >= POOL_SLEEPERS) return false;
    poolSleepers += 1;
    this.#libc.futexAside(this.#address, FUTEX_WAIT, seen, timespec(ms), () => {
      poolSleepers -= 1;
      done();
    });
    return true;
  }
}

/** struct timespec of 64-bit Linux, as words. */
function timespec(ms: number): Int32Array {
  const seconds = Math.floor(ms / 1000);
  return Int32Array.of(seconds, 0, Math.floor((ms - seconds * 1000) * 1e6), 0);
}
