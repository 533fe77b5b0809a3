import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SymbolTable } from "./symbol-table.ts";
import { encodeText } from "./text.ts";

/** Names that differ in one place only, of every length around the words that are compared. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom("A", "B"), maxLength: 6 }),
  fc.string({ unit: fc.constantFrom("A", "B"), minLength: 7, maxLength: 21 }),
  fc.constantFrom(
    "BTCUSDT",
    "BTCUSDC",
    "ETHUSDT",
    "BTC-27MAR26-100000-C",
    "BTC-27MAR26-100000-P",
    "币安人生USDT",
  ),
);

describe("a symbol table", () => {
  it("finds what was added, wherever it lies, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), fc.array(name, { maxLength: 30 }), (added, asked) => {
        const table = new SymbolTable(4);
        const truth = new Map<string, number>();
        added.forEach((text, id) => {
          table.add(text, id);
          if (!truth.has(text)) truth.set(text, id);
        });
        expect(table.size).toBe(truth.size);
        for (const text of [...added, ...asked]) {
          const bytes = encodeText(`B${text}B`);
          expect(table.find(bytes, 1, bytes.length - 1)).toBe(truth.get(text) ?? -1);
        }
      }),
      { seed: 9, numRuns: 400 },
    );
  });

  it("keeps thousands apart while it grows", () => {
    const table = new SymbolTable();
    const names = Array.from(
      { length: 5000 },
      (_, i) => `BTC-${i % 28}MAR26-${1000 * i}-${i % 2 ? "C" : "P"}`,
    );
    names.forEach((text, id) => table.add(text, id));
    names.forEach((text, id) => {
      const bytes = encodeText(text);
      expect(table.find(bytes, 0, bytes.length)).toBe(id);
      expect(table.find(bytes, 0, bytes.length - 1)).toBe(-1);
    });
  });
});
