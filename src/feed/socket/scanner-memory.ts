import { readFileSync } from "node:fs";
import { Slab, SLAB_PAD } from "../../model/index.ts";
import type { Scan, Scanner } from "../../model/index.ts";
import { FREE, LEVELS, MOST_LEVELS, NUM, RECORDS, SIDES, TS } from "../../model/tape.ts";
import type { SlabSource } from "./socket.ts";

/** Built by `npm run build`; found from src/feed/socket and from dist/feed/socket alike. */
const MODULE = new URL("../../../dist/venues/scanner.wasm", import.meta.url);
const PAGE = 65_536;
/** Slabs of some 200 sockets. Memory that is never touched costs addresses only. */
const BYTES = 64 << 20;
/** Slabs begin at multiples of a cache line. */
const LINE = 64;
/** Zeros at the end of the memory: a scanner that follows a damaged frame stops there, if not before. */
const GUARD = 4096;

/** The part of WebAssembly that is used; the compiler knows it only together with a browser. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: object } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** Of Out.num and of Out.long, each. */
const REGISTERS = 8;

interface Block {
  at: number;
  size: number;
}

/**
 * The memory of one lane that sockets read into and the scanner reads from, and the scanner itself. It belongs to the
 * thread that made it. Slabs come from it as long as there is room, then from the heap: those are read by the parsers.
 */
export class ScannerMemory implements SlabSource {
  readonly scanner: Scanner;
  /** Room that is free, by address; neighbours are one. */
  readonly #free: Block[];
  /** Bytes of the slabs that are out, by address. */
  readonly #taken = new Map<number, number>();

  /** Throws Error when the scanner was not built, or when there is no memory or no WebAssembly with SIMD here. */
  constructor(bytes = BYTES) {
    const pages = Math.ceil(bytes / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(compiled(), { env: { memory } });
    const { buffer } = memory;
    // A plain object: calls of its members are as fast as calls of functions.
    const entries: Record<string, Scan> = Object.fromEntries(
      Object.entries(exports).filter((entry): entry is [string, Scan] => typeof entry[1] === "function"),
    );
    this.scanner = {
      entries,
      i32: new Int32Array(buffer),
      f64: new Float64Array(buffer),
      u8: new Uint8Array(buffer),
      num: new Float64Array(buffer, RECORDS + NUM, REGISTERS),
      long: new Int32Array(buffer, RECORDS + TS, REGISTERS),
      levels: new Float64Array(buffer, LEVELS, 2 * MOST_LEVELS),
      sides: new Uint8Array(buffer, SIDES, MOST_LEVELS),
    };
    this.#free = [{ at: FREE, size: pages * PAGE - FREE - GUARD }];
  }

  take(capacity: number): Slab {
    const size = Math.ceil((capacity + SLAB_PAD) / LINE) * LINE;
    const block = this.#free.find((one) => one.size >= size);
    if (block === undefined) return new Slab(capacity);
    const { at } = block;
    block.at += size;
    block.size -= size;
    this.#taken.set(at, size);
    return new Slab(capacity, this.scanner, at);
  }

  give(slab: Slab): void {
    const size = slab.scanner === this.scanner ? this.#taken.get(slab.base) : undefined;
    if (size === undefined) return;
    this.#taken.delete(slab.base);
    this.#free.push({ at: slab.base, size });
    this.#free.sort((a, b) => a.at - b.at);
    for (let i = this.#free.length - 1; i > 0; i--) this.#join(this.#free[i - 1]!, this.#free[i]!, i);
  }

  /** Makes one of two neighbours that touch; the second stands at `index`. */
  #join(first: Block, second: Block, index: number): void {
    if (first.at + first.size !== second.at) return;
    first.size += second.size;
    this.#free.splice(index, 1);
  }
}

/** Compiled once for all lanes of a thread. */
let ready: object | null = null;

function compiled(): object {
  ready ??= new WebAssembly.Module(bytesOfModule());
  return ready;
}

function bytesOfModule(): Uint8Array {
  try {
    return readFileSync(MODULE);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the scanner is not built: run npm run build (${reason})`, { cause: error });
  }
}
