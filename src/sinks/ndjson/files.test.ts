import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NdjsonFiles } from "./files.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-ndjson-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function line(seq: number, slots = 1, text = "x"): string {
  return `${JSON.stringify({ lane: "a", log_seq: seq, slots, text })}\n`;
}

function open(fileBytes = 4096, maxBytes = 1 << 20): { files: NdjsonFiles; cuts: number[] } {
  const cuts: number[] = [];
  const files = new NdjsonFiles(dir, { fileBytes, maxBytes, cut: (_, bytes) => void cuts.push(bytes) });
  return { files, cuts };
}

function names(): string[] {
  return readdirSync(dir).toSorted();
}

describe("files of lines", () => {
  it("cuts an end torn at any byte, and goes on behind the last whole line", async () => {
    const whole = line(0, 2) + line(2, 3, "ümläut");
    const file = join(dir, "0000000000000000.ndjson");
    const bytes = Buffer.from(whole);
    const first = Buffer.byteLength(line(0, 2));
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      const { files, cuts } = open();
      const kept = length === bytes.length ? length : length < first ? 0 : first;
      expect(files.next).toBe(kept === 0 ? null : kept === first ? 2 : 5);
      expect(cuts).toEqual(kept === length ? [] : [length - kept]);
      expect(names()).toEqual(kept === 0 ? [] : ["0000000000000000.ndjson"]);
      if (kept > 0) expect(readFileSync(file).length).toBe(kept);
    }
  });

  it("cuts from the first line on that is none, as loss of power may leave it", () => {
    writeFileSync(join(dir, "0000000000000000.ndjson"), `${line(0)}${"\0".repeat(40)}\n${line(9)}`);
    const { files, cuts } = open();
    expect([files.next, cuts.length]).toEqual([1, 1]);
  });

  it("goes on in the last file while there is room, then in new ones named by their first sequence", async () => {
    const first = open();
    await first.files.append(0, 1, line(0));
    await first.files.close();
    const { files } = open();
    expect(files.next).toBe(1);
    for (let seq = 1; seq < 9; seq++) await files.append(seq, seq + 1, line(seq, 1, "y".repeat(2000)));
    await files.sync();
    await files.close();
    expect(names()).toEqual([0, 3, 6].map((seq) => `000000000000000${seq}.ndjson`));
    expect(open().files.next).toBe(9);
  });

  it("never takes more than it may, and removes the oldest first", async () => {
    const { files } = open(4096, 12_288);
    for (let seq = 0; seq < 40; seq++) {
      await files.append(seq, seq + 1, line(seq, 1, "z".repeat(1000)));
      const total = names().reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
      expect(total).toBeLessThanOrEqual(12_288 + 1100);
    }
    await files.close();
    expect(Number(names()[0]!.slice(0, 16))).toBeGreaterThan(20);
    expect(open().files.next).toBe(40);
  });

  it("leaves foreign files alone", () => {
    writeFileSync(join(dir, "notes.txt"), "mine");
    expect(open().files.next).toBeNull();
    expect(names()).toEqual(["notes.txt"]);
  });
});
