import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Handshake } from "./handshake.ts";

function accept(request: string): string {
  const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(request)![1]!;
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function answer(request: string, ...more: string[]): Buffer {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", ...more];
  return Buffer.from([...lines, `Sec-WebSocket-Accept: ${accept(request)}`, "", ""].join("\r\n"));
}

function handshake(url = "ws://venue.test/stream", headers: Record<string, string> = {}): Handshake {
  return new Handshake(new URL(url), headers);
}

describe("the opening handshake", () => {
  it("asks for what the URL says", () => {
    const lines = handshake("wss://venue.test:9443/a%20b?x=1&y=2#part", { Origin: "here" }).request.split(
      "\r\n",
    );
    expect(lines.slice(0, 5)).toEqual([
      "GET /a%20b?x=1&y=2 HTTP/1.1",
      "Host: venue.test:9443",
      "Origin: here",
      "Upgrade: websocket",
      "Connection: Upgrade",
    ]);
    expect(lines[5]).toMatch(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==$/);
    expect(lines.slice(6)).toEqual(["Sec-WebSocket-Version: 13", "", ""]);
  });

  it("leaves the usual port out, sends the URL's user, lets a header name another host but no other key", () => {
    expect(handshake("wss://venue.test:443/").request).toContain("\r\nHost: venue.test\r\n");
    const user = handshake("ws://us%40er:pass@[::1]:80/").request;
    expect(user).toContain("\r\nHost: [::1]\r\n");
    expect(user).toContain(`\r\nAuthorization: Basic ${Buffer.from("us@er:pass").toString("base64")}\r\n`);
    const named = handshake("ws://a.test/", { host: "b.test", "sec-websocket-key": "mine" }).request;
    expect(named).toContain("\r\nhost: b.test\r\n");
    expect(named).not.toMatch(/a\.test|mine/);
  });

  it("has a new key every time", () => {
    expect(new Set(Array.from({ length: 20 }, () => accept(handshake().request))).size).toBe(20);
  });

  it("says where frames begin, wherever the answer is split", () => {
    const length = answer(handshake().request).length;
    for (let at = 1; at <= length; at++) {
      const shake = handshake();
      const bytes = Buffer.concat([answer(shake.request), Buffer.from("frames")]);
      const first = shake.feed(bytes.subarray(0, at));
      if (at === length) expect(first).toBe(length);
      else expect([first, shake.feed(bytes.subarray(at))]).toEqual([-1, length - at]);
    }
  });

  it("takes headers up to 16 KiB and no more", () => {
    const fits = handshake();
    const filler = (shake: Handshake, size: number): Buffer =>
      answer(shake.request, `X: ${"x".repeat(size - answer(shake.request, "X: ").length)}`);
    expect(fits.feed(filler(fits, 16384))).toBe(16384);
    const large = handshake();
    const bytes = filler(large, 16385);
    expect(large.feed(bytes.subarray(0, 9000))).toBe(-1);
    expect(() => large.feed(bytes.subarray(9000))).toThrow(
      "expected the answer's headers within 16384 bytes, saw no end of them",
    );
  });

  it("refuses what is not a line of a header", () => {
    const shake = handshake();
    expect(() => shake.feed(answer(shake.request, "nonsense"))).toThrow(
      'expected a header line, saw "nonsense"',
    );
  });
});
