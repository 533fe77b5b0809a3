import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FramesReader, openBytes, readFrames } from "./frames-file.ts";
import type { Frame, FramesHandler, FramesHeader } from "./frames-file.ts";
import { LineSplitter } from "./lines.ts";

interface Seen {
  readonly headers: FramesHeader[];
  readonly frames: (Omit<Frame, "bytes" | "start" | "end"> & { text: string })[];
  readonly wrong: string[];
}

function collect(): Seen & FramesHandler {
  const seen: Seen = { headers: [], frames: [], wrong: [] };
  return {
    ...seen,
    header: (header) => void seen.headers.push(header),
    frame: ({ bytes, start, end, ...rest }) =>
      void seen.frames.push({ ...rest, text: Buffer.from(bytes.subarray(start, end)).toString() }),
    bad: (line, reason) => void seen.wrong.push(`${line}: ${reason}`),
  };
}

function read(text: string | Uint8Array, maxLine?: number): Seen {
  const seen = collect();
  const reader = new FramesReader(seen, maxLine);
  reader.push(Buffer.from(text));
  reader.finish();
  return seen;
}

const HEADER = '{"format":"frames/1","venue":"okx","origin":"here"}';

describe("frames/1", () => {
  it("reads every direction, time to the nanosecond, text and base64", () => {
    const { headers, frames, wrong } = read(
      [
        HEADER,
        '{"ts":"1633998511159679001","conn":0,"dir":"open","url":"wss://x/y"}',
        '{"ts":"4294967296","conn":3,"dir":"out","text":"{\\"op\\":1}"}',
        '{"ts":"0","dir":"in","b64":"eyJhIjoiw7wifQ=="}',
        '{"ts":"9223372036854775807","dir":"http","url":"https://z","text":"\\u00e9"}',
      ].join("\r\n"),
    );
    expect(wrong).toEqual([]);
    expect(headers).toEqual([{ format: "frames/1", venue: "okx", origin: "here" }]);
    const nanos = (value: bigint): object => ({
      hi: Number(value >> 32n),
      lo: Number(value & 0xffffffffn) | 0,
    });
    expect(frames).toEqual([
      { line: 2, dir: "open", conn: 0, ts: nanos(1633998511159679001n), url: "wss://x/y", text: "" },
      { line: 3, dir: "out", conn: 3, ts: nanos(4294967296n), url: "", text: '{"op":1}' },
      { line: 4, dir: "in", conn: 0, ts: nanos(0n), url: "", text: '{"a":"ü"}' },
      { line: 5, dir: "http", conn: 0, ts: nanos(9223372036854775807n), url: "https://z", text: "é" },
    ]);
  });

  it("needs no header when the first line is a frame", () => {
    const { frames } = read('{"ts":"5","dir":"in","text":"a"}\n\n  \n{"ts":"6","dir":"in","text":"b"}');
    expect(frames.map(({ line, text }) => [line, text])).toEqual([
      [1, "a"],
      [4, "b"],
    ]);
  });

  it.each([
    ["no json", "expected one JSON object a line"],
    ["[1]", "expected one JSON object a line"],
    ["{}", 'expected dir "open", "in", "out" or "http", saw nothing'],
    ['{"dir":"up","ts":"1","text":""}', 'expected dir "open", "in", "out" or "http", saw "up"'],
    ['{"dir":"in","text":""}', "expected ts as decimal text of UNIX nanoseconds, saw nothing"],
    ['{"dir":"in","ts":1,"text":""}', "expected ts as decimal text of UNIX nanoseconds, saw 1"],
    ['{"dir":"in","ts":"-1","text":""}', 'expected ts as decimal text of UNIX nanoseconds, saw "-1"'],
    [
      '{"dir":"in","ts":"9223372036854775808","text":""}',
      'expected ts as decimal text of UNIX nanoseconds, saw "9223372036854775808"',
    ],
    ['{"dir":"in","ts":"1","conn":-1,"text":""}', "expected conn as an integer >= 0, saw -1"],
    ['{"dir":"in","ts":"1","conn":"0","text":""}', 'expected conn as an integer >= 0, saw "0"'],
    ['{"dir":"http","ts":"1","url":7,"text":""}', "expected url as text, saw 7"],
    ['{"dir":"in","ts":"1"}', "expected text or b64, one of the two"],
    ['{"dir":"in","ts":"1","text":"a","b64":"YQ=="}', "expected text or b64, one of the two"],
    ['{"dir":"in","ts":"1","b64":"YQ="}', "expected b64 as padded base64"],
    ['{"dir":"in","ts":"1","b64":"Y*=="}', "expected b64 as padded base64"],
  ])("names %j by its line and goes on", (line, reason) => {
    const { frames, wrong } = read(`${HEADER}\n${line}\n{"ts":"6","dir":"in","text":"b"}\n`);
    expect(wrong).toEqual([`2: ${reason}`]);
    expect(frames.map(({ line: at, text }) => [at, text])).toEqual([[3, "b"]]);
  });

  it("names a format it does not know", () => {
    expect(read('{"format":"frames/2"}').wrong).toEqual([
      '1: expected the format "frames/1", saw "frames/2"',
    ]);
  });
});

describe("bare frames", () => {
  it("are one a line, received at 0, also behind a line that is no JSON", () => {
    const { frames, wrong } = read('oops\n{"e":"trade"}\r\n[1,2]\n{"dir":"in","ts":"1","text":"x"}');
    expect(wrong).toEqual([]);
    expect(frames.map(({ line, text, ts }) => [line, text, ts])).toEqual([
      [1, "oops", { hi: 0, lo: 0 }],
      [2, '{"e":"trade"}', { hi: 0, lo: 0 }],
      [3, "[1,2]", { hi: 0, lo: 0 }],
      [4, '{"dir":"in","ts":"1","text":"x"}', { hi: 0, lo: 0 }],
    ]);
  });

  it("are refused beyond the longest line, whose bytes are not kept", () => {
    const { frames, wrong } = read(`{"a":1}\n${"x".repeat(11)}\n${"y".repeat(10)}\n`, 10);
    expect(wrong).toEqual(["2: expected at most 10 bytes, saw 11; raise --max-line if it is a frame"]);
    expect(frames.map(({ text }) => text)).toEqual(['{"a":1}', "y".repeat(10)]);
  });
});

describe("lines", () => {
  it("are the same however the bytes are cut into chunks", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "\r", "é", "{"), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.join("\n"));
          const seen: [number, string][] = [];
          const splitter = new LineSplitter(
            {
              line: (from, start, end, number) =>
                void seen.push([number, Buffer.from(from.subarray(start, end)).toString()]),
              tooLong: (length, number) => void seen.push([number, `#${length}`]),
            },
            10,
          );
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length]!;
            splitter.push(bytes.subarray(at, at + size));
            at += size;
          }
          splitter.finish();
          const expected =
            bytes.length === 0
              ? []
              : lines.map((text, i): [number, string] => {
                  const { length } = Buffer.from(text);
                  return [i + 1, length > 10 ? `#${length}` : text.replace(/\r$/, "")];
                });
          // A last line without bytes has no ending that would tell of it.
          if (expected.length > 0 && lines.at(-1) === "") expected.pop();
          expect(seen).toEqual(expected);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("files", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "feedhorn-frames-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  async function readFile(name: string, bytes: Uint8Array): Promise<Seen> {
    const file = join(dir, name);
    writeFileSync(file, bytes);
    const seen = collect();
    await readFrames(openBytes(file), seen);
    return seen;
  }

  it("are read plain and compressed alike", async () => {
    const text = Buffer.from(`${HEADER}\n${'{"ts":"6","dir":"in","text":"b"}\n'.repeat(30_000)}`);
    const [plain, packed] = [await readFile("plain", text), await readFile("packed", gzipSync(text))];
    expect(plain.frames.length).toBe(30_000);
    expect(packed.frames).toEqual(plain.frames);
  });

  it("may be empty, missing or cut", async () => {
    expect((await readFile("empty", new Uint8Array(0))).frames).toEqual([]);
    const cut = gzipSync(Buffer.from(HEADER)).subarray(0, 20);
    await expect(readFile("cut", cut)).rejects.toThrow(/unexpected end of file/);
    await expect(readFrames(openBytes(join(dir, "none")), collect())).rejects.toThrow(/ENOENT/);
  });

  it("are left when the consumer is done", async () => {
    const file = join(dir, "long");
    writeFileSync(file, '{"a":1}\n'.repeat(100_000));
    const seen = collect();
    await readFrames(openBytes(file), { ...seen, settle: async () => false });
    expect(seen.frames.length).toBeGreaterThan(0);
    expect(seen.frames.length).toBeLessThan(100_000);
  });
});
