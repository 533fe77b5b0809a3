import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slab, SLAB_PAD } from "../../model/index.ts";
import { FREE, RECORDS } from "../../model/tape.ts";
import { ScannerMemory } from "./scanner-memory.ts";

const MIB = 1 << 20;

describe("ScannerMemory", () => {
  it("has the entries of the module and keeps its own data before the tape", () => {
    const { scanner } = new ScannerMemory(MIB);
    expect(Object.keys(scanner.entries).toSorted()).toEqual([
      "binance",
      "coinbase",
      "coinbaseTaker",
      "deribit",
      "kraken",
    ]);
    // The first bytes are nothing, and tables end before the tape begins.
    expect([...scanner.u8.subarray(0, 64)]).toEqual(Array.from({ length: 64 }, () => 0));
    expect([...scanner.u8.subarray(RECORDS - 4096, RECORDS)].every((byte) => byte === 0)).toBe(true);
  });

  it("gives windows of one memory that do not overlap, and joins what comes back", () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.nat(1)), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (steps) => {
        const memory = new ScannerMemory(MIB);
        const out: Slab[] = [];
        for (const [size, back] of steps) {
          const slab = memory.take(size);
          const wide = out.filter(({ scanner }) => scanner !== null);
          if (slab.scanner !== null) {
            const end = slab.base + size + SLAB_PAD;
            expect(slab.base).toBeGreaterThanOrEqual(FREE);
            expect(end).toBeLessThanOrEqual(MIB - 4096);
            expect(
              wide.every((one) => one.base >= end || slab.base >= one.base + one.capacity + SLAB_PAD),
            ).toBe(true);
            slab.bytes[size] = 7;
            expect(memory.scanner.u8[slab.base + size]).toBe(7);
          }
          out.push(slab);
          if (back === 1) memory.give(out.shift()!);
        }
        for (const slab of out) memory.give(slab);
        // All of it is one again.
        const whole = MIB - FREE - 4096 - SLAB_PAD;
        expect(memory.take(whole).scanner).toBe(memory.scanner);
        expect(memory.take(1).scanner).toBeNull();
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it("falls back to the heap, and takes back only what is its own, once", () => {
    const memory = new ScannerMemory(MIB);
    const heap = memory.take(2 * MIB);
    expect([heap.scanner, heap.capacity, heap.bytes.length]).toEqual([null, 2 * MIB, 2 * MIB + SLAB_PAD]);
    const one = memory.take(100);
    const other = memory.take(100);
    for (const slab of [heap, new Slab(10), one, one]) memory.give(slab);
    expect(memory.take(100).base).toBe(one.base);
    expect(memory.take(100).base).toBeGreaterThan(other.base);
  });

  it("imports nothing but the memory", () => {
    const path = new URL("../../../dist/venues/scanner.wasm", import.meta.url);
    const text = readFileSync(path).toString("latin1");
    expect(text).toContain("memory");
    expect(text).not.toContain("abort");
  });
});
