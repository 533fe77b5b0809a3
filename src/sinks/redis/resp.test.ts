import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Commands } from "./commands.ts";
import { RedisError, RespReader } from "./resp-reader.ts";
import type { Reply } from "./resp-reader.ts";
import { argumentsOf, RespWriter } from "./resp-writer.ts";

/** A value as a server of RESP 2 sends it. */
function sent(reply: Reply): string {
  if (reply === null) return "$-1\r\n";
  if (reply instanceof RedisError) return `-${reply.message}\r\n`;
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (typeof reply === "string") return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  return `*${reply.length}\r\n${reply.map(sent).join("")}`;
}

/** Everything that a reader makes of bytes that come in pieces of these sizes. */
function read(bytes: Buffer, sizes: readonly number[], how: "read" | "skip" = "read"): unknown[] {
  const reader = new RespReader();
  const found: unknown[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + Math.max(1, sizes[i % sizes.length]!);
    reader.push(bytes.subarray(at, end));
    at = end;
    for (let one = reader[how](); one !== undefined; one = reader[how]()) found.push(one);
  }
  return found;
}

const replies = fc.letrec<{ any: Reply }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.integer(),
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[A-Z]{2,9} [a-z ]{1,20}$/).map((text) => new RedisError(text)),
    fc.array(tie("any"), { maxLength: 4 }) as fc.Arbitrary<Reply[]>,
  ),
})).any;
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe("the Redis protocol", () => {
  it("writes commands as arrays of bulk strings, sizes in bytes", () => {
    const commands = new Commands();
    commands.set("k", "é€𝄞", 300);
    commands.append("s", "7-1", 0, ["data", Buffer.from("{}")]);
    commands.append("s", "", 1000, ["a", { bytes: Buffer.from("12345"), length: 2 }]);
    expect(commands.writer.commands).toBe(3);
    expect(commands.writer.view().toString("utf8")).toBe(
      "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$9\r\né€𝄞\r\n$2\r\nEX\r\n$3\r\n300\r\n" +
        "*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$3\r\n7-1\r\n$4\r\ndata\r\n$2\r\n{}\r\n" +
        "*8\r\n$4\r\nXADD\r\n$1\r\ns\r\n$6\r\nMAXLEN\r\n$1\r\n~\r\n$4\r\n1000\r\n$1\r\n*\r\n$1\r\na\r\n$2\r\n12\r\n",
    );
  });

  it("what is written is read again, whatever it is and however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), sizes, (texts, cuts) => {
        const writer = new RespWriter();
        writer.command(texts.length);
        for (const text of texts) writer.text(text);
        // Text that is no Unicode cannot be: half a pair becomes U+FFFD.
        const valid = texts.map((text) => Buffer.from(text).toString("utf8"));
        expect(read(Buffer.from(writer.view()), cuts)).toEqual([valid]);
      }),
    );
  });

  it("raw arguments are those of text", () => {
    const [plain, raw] = [new RespWriter(), new RespWriter()];
    plain.command(2);
    plain.text("PUBLISH");
    plain.text("x".repeat(70_000));
    raw.command(2);
    raw.raw(argumentsOf("PUBLISH", "x".repeat(70_000)));
    expect(raw.view().equals(plain.view())).toBe(true);
    raw.clear();
    expect([raw.bytes, raw.commands]).toEqual([0, 0]);
  });

  it("reads every answer, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(replies, { minLength: 1, maxLength: 5 }), sizes, (all, cuts) => {
        const valid = JSON.stringify(all).includes("\\ud") ? [null] : all;
        expect(read(Buffer.from(valid.map(sent).join("")), cuts)).toEqual(valid);
      }),
    );
  });

  it("passing answers over finds the errors in them, also in that of EXEC", () => {
    const error = new RedisError("OOM command not allowed");
    const all: Reply[] = ["OK", 7, error, ["1-1", error], ["1-1", "2-1"], null];
    expect(read(Buffer.from(all.map(sent).join("")), [3], "skip")).toEqual([
      null,
      null,
      error,
      error,
      null,
      null,
    ]);
    expect(error.code).toBe("OOM");
  });

  it("refuses what is no answer", () => {
    expect(() => read(Buffer.from("HTTP/1.1 400 Bad Request\r\n"), [100])).toThrow(
      /expected an answer of Redis, saw "TTP/,
    );
    expect(() => read(Buffer.from("$99999999999\r\n"), [100])).toThrow(/expected a size/);
    expect(() => read(Buffer.from("*1\r\n".repeat(20)), [100])).toThrow(/expected arrays at most 8 deep/);
  });
});
