import { createRequire } from "node:module";
import type * as Koffi from "koffi";

/**
 * The few calls of libc that Node does not have, through koffi, loaded when first needed.
 * A mapping is never undone: an ArrayBuffer over unmapped memory would crash the process, and V8 does not tell
 * when the last view is gone. Mapped pages are shared, so this costs address space, not memory.
 */
export interface Libc {
  /** MAP_SHARED mapping of [offset, offset + length) of an open file; throws with the errno. */
  map(fd: number, offset: number, length: number, writable: boolean): Mapping;
  /** Exclusive lock of an open file, given back by closing it or by dying; false when another open file holds it. */
  lock(fd: number): boolean;
  /** Lets the calling thread run only on the processors whose bits are set in `mask`: 0 or an errno; null where this system has no such call. */
  pin: ((mask: Uint8Array) => number) | null;
  /** Does this system have the next two? */
  readonly hasFutex: boolean;
  /** futex(2) on the word at `address`; what it answers says nothing that the caller does not look at again. */
  futex(address: number, operation: number, value: number, timeout: Int32Array | null): void;
  /** The same in a thread of libuv's pool. */
  futexAside(address: number, operation: number, value: number, timeout: Int32Array, done: () => void): void;
}

export interface Mapping {
  readonly buffer: ArrayBuffer;
  /** Where it begins in this process. */
  readonly address: number;
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** Number of the futex system call, where it is known and its timespec is two 64-bit numbers. */
const SYS_FUTEX: Readonly<Record<string, number>> = { x64: 202, arm64: 98 };

let loaded: Libc | Error | null = null;

/** The calls, or the reason why this system does not have them (Windows, koffi not installed). */
export function libc(): Libc | Error {
  loaded ??= load();
  return loaded;
}

function load(): Libc | Error {
  if (process.platform === "win32") return new Error("shared mappings are not available on Windows");
  try {
    return bind(createRequire(import.meta.url)("koffi") as typeof Koffi);
  } catch (error) {
    return new Error(`koffi could not be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function bind(koffi: typeof Koffi): Libc {
  const self = koffi.load(null);
  const mmap = self.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const flock = self.func("int flock(int, int)");
  const pin = process.platform === "linux" ? bindPin(koffi, self) : null;
  return {
    map(fd, offset, length, writable) {
      const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
      const start: unknown = mmap(null, length, protection, MAP_SHARED, fd, offset);
      const address = koffi.address(start);
      if (address === MAP_FAILED) throw new Error(`mmap of ${length} bytes: errno ${koffi.errno()}`);
      return { buffer: koffi.view(start, length), address: Number(address) };
    },
    lock: (fd) => flock(fd, LOCK_EX | LOCK_NB) === 0,
    pin,
    ...bindFutex(self),
  };
}

/** Process number 0 is the calling thread, not the process (sched_setaffinity(2)). */
function bindPin(koffi: typeof Koffi, self: Koffi.LibraryHandle): (mask: Uint8Array) => number {
  const affinity = self.func("int sched_setaffinity(int, size_t, const uint8_t *)");
  return (mask) => (affinity(0, mask.length, mask) === 0 ? 0 : koffi.errno());
}

/** An address as a number: a pointer object costs the writer a quarter of a microsecond more per wake. */
function bindFutex(self: Koffi.LibraryHandle): Pick<Libc, "hasFutex" | "futex" | "futexAside"> {
  const number = process.platform === "linux" ? SYS_FUTEX[process.arch] : undefined;
  if (number === undefined) return { hasFutex: false, futex: () => {}, futexAside: () => {} };
  const call = self.func("long syscall(long, uintptr_t, int, uint32_t, void *, uintptr_t, uint32_t)");
  return {
    hasFutex: true,
    futex: (address, operation, value, timeout) =>
      void call(number, address, operation, value >>> 0, timeout, 0, 0),
    futexAside: (address, operation, value, timeout, done) =>
      call.async(number, address, operation, value >>> 0, timeout, 0, 0, () => done()),
  };
}
