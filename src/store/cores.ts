import { getSystemErrorMap } from "node:util";
import { libc } from "./mmap.ts";

/** Bits of the mask the kernel is given: more processors than any machine has (glibc's own cpu_set_t holds as many). */
const MASK_BITS = 1024;

/**
 * Lets the calling thread, and no other thread of the process, run only on the given cores (Linux numbers, from 0).
 * Returns null, or why it cannot be done here; the thread then runs where the system likes, as before.
 */
export function pinThread(cores: readonly number[]): string | null {
  const system = libc();
  if (system instanceof Error) return system.message;
  if (system.pin === null)
    return `expected Linux, saw ${process.platform}: threads cannot be bound to cores here`;
  const errno = system.pin(coreMask(cores));
  if (errno === 0) return null;
  const [name] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`];
  return `expected cores this process may use, saw ${name} for ${cores.join(", ")}; see taskset -pc, cgroup cpuset`;
}

/** One bit per core, as cpu_set_t has them on little-endian machines. RangeError for a number that is no core. */
export function coreMask(cores: readonly number[]): Uint8Array {
  const mask = new Uint8Array(MASK_BITS / 8);
  for (const core of cores) {
    if (!Number.isInteger(core) || core < 0 || core >= MASK_BITS)
      throw new RangeError(`core: expected a whole number from 0 to ${MASK_BITS - 1}, saw ${core}`);
    mask[core >> 3]! |= 1 << (core & 7);
  }
  return mask;
}
