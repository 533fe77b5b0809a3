import { afterEach, describe, expect, it } from "vitest";
import type { OpenSocket } from "../../src/feed/socket/socket.ts";
import {
  MAX_FRAME,
  cleanUp,
  client,
  close,
  frame,
  later,
  pattern,
  portOf,
  proxyServer,
  rawServer,
  sending,
  sentBy,
  switching,
  tcpServer,
  wsServer,
} from "./socket-rig.ts";
import { compression } from "./socket-deflate.ts";

const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;
const PONG = 0x8a;
const LENGTHS = [0, 1, 125, 126, 127, 65525, 65535, 65536, 65537, 131072, 1 << 20];

function messages(open: OpenSocket): void {
  it("hands over text and binary of every length class", async () => {
    const sent = LENGTHS.map((length, i) => pattern(length, i + 1));
    const url = await wsServer((socket) => {
      for (const [i, bytes] of sent.entries()) socket.send(bytes, { binary: i % 2 === 0 });
    });
    const one = client(open, url);
    await one.until(() => one.frames.length === sent.length);
    expect(one.frames.map((bytes, i) => bytes.equals(sent[i]!))).toEqual(sent.map(() => true));
  });

  it("joins fragments, with pings between them, and answers those at once", async () => {
    const parts = [frame(0x01, "ab"), frame(PING, "p1"), frame(0x00, ""), frame(0x00, "cd"), frame(PONG, "")];
    const { url, peers } = await sending(Buffer.concat([...parts, frame(0x80, "ef"), frame(TEXT, "next")]));
    const one = client(open, url);
    await one.until(() => one.frames.length === 2 && peers[0]!.received.length > 0);
    expect(one.frames.map(String)).toEqual(["abcdef", "next"]);
    expect(one.told.filter((what) => what !== "end")).toEqual(["open", "alive", "alive", "frame", "frame"]);
    expect(sentBy(peers[0]!)).toEqual(["10:p1"]);
  });

  it("joins fragments larger than a read", async () => {
    const whole = pattern(700_000);
    const cut = [0, 1, 70_000, 70_000, 400_000, 700_000];
    const parts = cut
      .slice(1)
      .map((end, i) => frame((i === 0 ? 2 : 0) | (i === 4 ? 0x80 : 0), whole.subarray(cut[i], end)));
    const one = client(open, (await sending(Buffer.concat([...parts, frame(TEXT, "x")]))).url);
    await one.until(() => one.frames.length === 2);
    expect(one.frames[0]!.equals(whole)).toBe(true);
  });

  it("takes a stream byte by byte", async () => {
    const bytes = Buffer.concat([frame(TEXT, "hello"), frame(PING, "x"), frame(BINARY, pattern(200))]);
    const { url } = await rawServer(({ connection, request }) => {
      connection.setNoDelay(true);
      const all = Array.from(Buffer.concat([Buffer.from(switching(request)), bytes]));
      const drip = (): void => {
        const next = all.shift();
        if (next === undefined || connection.destroyed) return;
        connection.write(Uint8Array.of(next));
        setImmediate(drip);
      };
      drip();
    });
    const one = client(open, url);
    await one.until(() => one.frames.length === 2);
    expect(one.frames).toEqual([Buffer.from("hello"), pattern(200)]);
  });

  it("takes many frames in one write, each in order", async () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => `message ${i}`);
    const { url } = await sending(Buffer.concat(texts.map((text) => frame(TEXT, text))));
    const one = client(open, url);
    await one.until(() => one.frames.length === texts.length);
    expect(one.frames.map(String)).toEqual(texts);
  });

  it("takes a stream that is split anywhere", async () => {
    const sent = [pattern(3, 1), pattern(130, 2), pattern(0, 3), pattern(20, 4)];
    const bytes = Buffer.concat(sent.map((payload) => frame(BINARY, payload)));
    const { url } = await rawServer(async ({ connection, request }) => {
      connection.setNoDelay(true);
      connection.write(switching(request));
      for (let at = 0; at <= bytes.length; at++) {
        connection.write(bytes.subarray(0, at));
        await new Promise((resolve) => setImmediate(resolve));
        connection.write(bytes.subarray(at));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const one = client(open, url);
    await one.until(() => one.frames.length === sent.length * (bytes.length + 1));
    expect(one.frames.every((payload, i) => payload.equals(sent[i % sent.length]!))).toBe(true);
  });

  it("tells the end of a read after its frames, before anything else happens", async () => {
    const { url } = await sending(Buffer.concat([frame(TEXT, "a"), frame(TEXT, "b")]));
    let turn = "";
    const one = client(open, url, {}, { frame: ({ told }) => setImmediate(() => (turn ||= told.join(" "))) });
    await one.until(() => turn !== "");
    expect(turn).toMatch(/^open (end )*frame frame end$/);
  });

  it("tells the end of a read also when a frame closed the socket", async () => {
    const { url } = await sending(frame(TEXT, "a"));
    const one = client(open, url, {}, { frame: ({ socket }) => socket.close(1000, "") });
    await one.closed();
    expect(one.told.slice(one.told.indexOf("frame"), one.told.indexOf("frame") + 2)).toEqual([
      "frame",
      "end",
    ]);
  });
}

function sendingOut(open: OpenSocket): void {
  it("sends text of every length class, masked; pings", async () => {
    const got: string[] = [];
    const url = await wsServer((socket) => {
      socket.on("message", (data) => got.push(data.toString("utf8")));
      socket.on("ping", () => got.push("ping"));
    });
    const sent = ["", "a", "é€😀", "x".repeat(125), "y".repeat(126), "z".repeat(65535), "w".repeat(65536)];
    const one = client(open, url);
    one.socket.send("before it is open: ignored");
    one.socket.ping();
    await one.until(() => one.told.includes("open"));
    for (const text of sent) one.socket.send(text);
    one.socket.ping();
    await one.until(() => got.length === sent.length + 1 && one.told.includes("alive"));
    expect(got).toEqual([...sent, "ping"]);
  });

  it("can send while it is told that it is open; ignores what is sent after close", async () => {
    const got: string[] = [];
    const url = await wsServer((socket) => socket.on("message", (data) => got.push(data.toString("utf8"))));
    const one = client(open, url, {}, { open: ({ socket }) => socket.send("hello") });
    await one.until(() => got.length === 1);
    one.socket.close(1000, "");
    one.socket.send("too late");
    one.socket.ping();
    expect(await one.closed()).toBe("1000 ");
    one.socket.send("much too late");
    one.socket.close(1000, "");
    expect(got).toEqual(["hello"]);
  });

  it("sends the headers it was given", async () => {
    const { url, peers } = await sending(frame(TEXT, "a"));
    const one = client(open, `${url}/stream?a=b%20c`, {
      headers: { "X-Key": "k", "User-Agent": "feedhorn" },
    });
    await one.until(() => one.frames.length === 1);
    const [line, ...lines] = peers[0]!.request;
    expect(line).toBe("GET /stream?a=b%20c HTTP/1.1");
    for (const wanted of ["X-Key: k", "User-Agent: feedhorn", `Host: ${url.slice(5)}`, "Upgrade: websocket"])
      expect(lines).toContain(wanted);
    expect(lines).toContain("Sec-WebSocket-Version: 13");
    expect(lines.filter((header) => /extensions|protocol/i.test(header))).toEqual([]);
  });
}

function closing(open: OpenSocket): void {
  it.each([
    ["1000 done", close(1000, "done"), "8:1000done"],
    ["1001 ", close(1001), "8:1001"],
    ["1008 ré\ufffd", close(1008, "ré\ufffd"), null],
    ["4999 private", close(4999, "private"), "8:4999private"],
    ["1005 ", frame(0x88, ""), "8:"],
  ])("is closed by the other side with %s and echoes it", async (told, bytes, echoed) => {
    const { url, peers } = await rawServer(({ connection, request }) => {
      connection.write(switching(request));
      connection.write(bytes);
      connection.once("data", () => connection.end());
    });
    const one = client(open, url);
    expect(await one.closed()).toBe(told);
    if (echoed !== null) expect(sentBy(peers[0]!)).toEqual([echoed]);
  });

  it("closes with a code and a reason, which the other side sees and echoes", async () => {
    const seen: string[] = [];
    const url = await wsServer((socket) => socket.on("close", (code, text) => seen.push(`${code} ${text}`)));
    const one = client(open, url, {}, { open: ({ socket }) => socket.close(4000, "enough") });
    expect(await one.closed()).toBe("4000 enough");
    await one.until(() => seen.length === 1);
    expect(seen).toEqual(["4000 enough"]);
  });

  it("does not wait for long when the other side does not answer a close", async () => {
    const { url } = await sending(Buffer.alloc(0));
    const one = client(open, url, {}, { open: ({ socket }) => socket.close(1000, "") });
    const begin = performance.now();
    expect(await one.closed()).toMatch(/^1006 /);
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it("tells nothing after a close frame", async () => {
    const bytes = Buffer.concat([frame(TEXT, "a"), close(1000), frame(TEXT, "b")]);
    const one = client(open, (await sending(bytes)).url);
    await one.until(() => one.frames.length === 1);
    one.socket.close(1000, "");
    await one.closed();
    expect(one.frames.map(String)).toEqual(["a"]);
  });

  it.each(["reset", "half close"])("says 1006 once after a %s", async (how) => {
    const { url } = await rawServer(({ connection, request }) => {
      connection.write(Buffer.concat([Buffer.from(switching(request)), frame(TEXT, "a")]));
      setTimeout(() => (how === "reset" ? connection.resetAndDestroy() : connection.end()), 20);
    });
    const one = client(open, url);
    expect(await one.closed()).toMatch(/^1006 /);
    expect(one.frames.map(String)).toEqual(["a"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(one.told.filter((what) => what.startsWith("close")).length).toBe(1);
  });

  it("says 1006 when it is closed before it is open", async () => {
    const { url } = await rawServer(() => undefined);
    const one = client(open, url);
    one.socket.close(1000, "");
    expect(await one.closed()).toBe("1006 WebSocket was closed before the connection was established");
    expect(one.told.includes("open")).toBe(false);
  });
}

function raw(...bytes: number[]): Buffer {
  return Buffer.from(bytes);
}

/** A frame's header that announces `length` bytes in 64 bits. */
function announcing(length: bigint): Buffer {
  const head = Buffer.alloc(10);
  head[0] = BINARY;
  head[1] = 127;
  head.writeBigUInt64BE(length, 2);
  return head;
}

const BREACHES: [name: string, bytes: Buffer, code: number, reason: RegExp | string][] = [
  ["RSV1", frame(0xc1, "x"), 1002, "RSV1 must be clear"],
  ["RSV2", frame(0xa1, "x"), 1002, "RSV2 and RSV3 must be clear"],
  ["RSV3", frame(0x91, "x"), 1002, "RSV2 and RSV3 must be clear"],
  ["RSV1 of a ping", frame(0xc9, "x"), 1002, "RSV1 must be clear"],
  ["opcode 3", frame(0x83, "x"), 1002, "invalid opcode 3"],
  ["opcode 7", frame(0x87, "x"), 1002, "invalid opcode 7"],
  ["opcode 11", frame(0x8b, "x"), 1002, "invalid opcode 11"],
  ["opcode 15", frame(0x8f, "x"), 1002, "invalid opcode 15"],
  ["a continuation of nothing", frame(0x80, "x"), 1002, "invalid opcode 0"],
  ["text between fragments", Buffer.concat([frame(0x01, "x"), frame(TEXT, "y")]), 1002, "invalid opcode 1"],
  ["a masked frame", raw(0x81, 0x81, 1, 2, 3, 4, 5), 1002, "MASK must be clear"],
  ["a fragmented ping", frame(0x09, "x"), 1002, "FIN must be set"],
  ["a long ping", frame(PING, "x".repeat(126)), 1002, "invalid payload length 126"],
  ["a close of one byte", frame(0x88, "x"), 1002, "invalid payload length 1"],
  ["close code 999", close(999), 1002, "invalid status code 999"],
  ["close code 1005", close(1005), 1002, "invalid status code 1005"],
  ["close code 1006", close(1006), 1002, "invalid status code 1006"],
  ["close code 2999", close(2999), 1002, "invalid status code 2999"],
  ["close code 5000", close(5000), 1002, "invalid status code 5000"],
  ["an oversized frame", announcing(BigInt(MAX_FRAME + 1)), 1009, "Max payload size exceeded"],
  ["2^52 bytes", announcing(1n << 52n), 1009, "Max payload size exceeded"],
  // ws refuses a set first bit as too large, we as a breach of RFC 6455, 5.2.
  ["2^63 bytes", announcing(1n << 63n), 0, /payload length/],
  [
    "fragments that are too large together",
    Buffer.concat([frame(0x02, pattern(MAX_FRAME)), frame(0x00, "x")]),
    1009,
    "Max payload size exceeded",
  ],
];

function breaches(open: OpenSocket): void {
  it.each(BREACHES)("refuses %s", async (_, bytes, code, reason) => {
    const { url, peers } = await rawServer(({ connection, request }) => {
      connection.write(Buffer.concat([Buffer.from(switching(request)), frame(TEXT, "before"), bytes]));
      connection.write(frame(TEXT, "after"));
      connection.once("data", () => connection.end());
    });
    const one = client(open, url);
    const told = await one.closed();
    const words = code === 1002 ? "Invalid WebSocket frame: " : "";
    if (typeof reason === "string") expect(told).toBe(`1006 ${words}${reason}`);
    else expect(told).toMatch(reason);
    expect(one.frames.map(String)).toEqual(["before"]);
    expect(sentBy(peers[0]!)).toEqual([code === 0 ? expect.stringMatching(/^8:100[29]$/) : `8:${code}`]);
  });

  it("takes a message that is exactly as large as allowed", async () => {
    const one = client(open, (await sending(frame(BINARY, pattern(1000)))).url, { maxFrame: 1000 });
    await one.until(() => one.frames.length === 1);
    expect(one.frames[0]!.equals(pattern(1000))).toBe(true);
    const two = client(open, (await sending(frame(BINARY, pattern(1001)))).url, { maxFrame: 1000 });
    expect(await two.closed()).toMatch(/^1006 Max payload size exceeded/);
  });
}

type Answer = (request: string[]) => string;

const REFUSALS: [name: string, answer: Answer, reason: RegExp][] = [
  ["503", () => "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy", /^1006 Unexpected server response: 503$/],
  ["404", () => "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", /^1006 Unexpected server response: 404$/],
  [
    "a redirect",
    () => "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    /^1006 Unexpected server response: 302$/,
  ],
  ["200", () => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", /^1006 Unexpected server response: 200$/],
  [
    "another Accept",
    (request) => switching(request).replace(/Accept: ./, "Accept: ~"),
    /^1006 Invalid Sec-WebSocket-Accept header$/,
  ],
  [
    "no Accept",
    (request) => switching(request).replace("Sec-WebSocket-Accept", "X"),
    /^1006 Invalid Sec-WebSocket-Accept header$/,
  ],
  [
    "another Upgrade",
    (request) => switching(request).replace("websocket", "h2c"),
    /^1006 Invalid Upgrade header$/,
  ],
  [
    "an extension",
    (request) => switching(request, "Sec-WebSocket-Extensions: permessage-deflate"),
    /^1006 Server sent a Sec-WebSocket-Extensions header but no extension was requested$/,
  ],
  [
    "a subprotocol",
    (request) => switching(request, "Sec-WebSocket-Protocol: mqtt"),
    /^1006 Server sent a subprotocol but none was requested$/,
  ],
  ["no HTTP", () => "SSH-2.0-x\r\n\r\n", /^1006 .+/],
  ["an endless header", () => `HTTP/1.1 101 Go\r\nX: ${"x".repeat(40_000)}`, /^1006 .+/],
];

function opening(open: OpenSocket): void {
  it.each(REFUSALS)("refuses %s", async (_, answer, reason) => {
    const { url } = await rawServer(({ connection, request }) => connection.write(answer(request)));
    const one = client(open, url);
    expect(await one.closed()).toMatch(reason);
    expect(one.told.includes("open")).toBe(false);
  });

  it("takes an answer in other letters, with other headers", async () => {
    const { url } = await rawServer(({ connection, request }) => {
      const answer = switching(request, "X-A: 1", "X-A: 2", "Set-Cookie: a=b")
        .replace("Upgrade: websocket", "UPGRADE:WebSocket")
        .replace("Connection: Upgrade", "connection: keep-alive, upgrade");
      connection.write(Buffer.concat([Buffer.from(answer), frame(TEXT, "first")]));
    });
    const one = client(open, url);
    await one.until(() => one.frames.length === 1);
    expect(one.frames.map(String)).toEqual(["first"]);
  });

  it("says who is not there", async () => {
    const one = client(open, "ws://127.0.0.1:1");
    expect(await one.closed()).toBe("1006 connect ECONNREFUSED 127.0.0.1:1");
  });

  it("does not wait for an answer for ever", async () => {
    const { url } = await rawServer(() => undefined);
    const one = client(open, url, { openTimeoutMs: 100 });
    expect(await one.closed()).toBe("1006 Opening handshake has timed out");
  });

  it("does not wait for ever for a server that goes on sending slowly", async () => {
    const server = await tcpServer((connection) => {
      const timer = setInterval(() => connection.write("H"), 20);
      later(() => clearInterval(timer));
    });
    const one = client(open, `ws://127.0.0.1:${portOf(server)}`, { openTimeoutMs: 200 });
    expect(await one.closed()).toMatch(/^1006 .+/);
  });

  it("closes when the connection ends before an answer", async () => {
    const { url } = await rawServer(({ connection }) => connection.end());
    expect(await client(open, url).closed()).toMatch(/^1006 .+/);
  });

  it.each(["ftp://127.0.0.1", "nonsense"])("throws for %s", (url) => {
    expect(() => client(open, url)).toThrow(/URL/);
  });

  it("throws for a proxy that is none", () => {
    expect(() => client(open, "ws://127.0.0.1:1", { proxy: "nonsense" })).toThrow(/URL/);
  });

  it("throws for a header that would be two", () => {
    expect(() => client(open, "ws://127.0.0.1:1", { headers: { a: "b\r\nc: d" } })).toThrow(/header/);
  });
}

function tunnelled(open: OpenSocket): void {
  it("goes through a proxy, with the proxy's own credentials for the proxy only", async () => {
    const asked: string[] = [];
    const proxy = `http://user:pa%20ss@${await proxyServer(asked)}`;
    const sent = LENGTHS.map((length, i) => pattern(length, i + 1));
    const { url, peers } = await sending(Buffer.concat(sent.map((bytes) => frame(BINARY, bytes))));
    const one = client(open, url, { proxy });
    await one.until(() => one.frames.length === sent.length);
    expect(one.frames.every((bytes, i) => bytes.equals(sent[i]!))).toBe(true);
    expect(asked).toEqual([`${url.slice(5)} Basic ${Buffer.from("user:pa ss").toString("base64")}`]);
    expect(peers[0]!.request.join("\n")).not.toMatch(/authorization/i);
    one.socket.ping();
    await one.until(() => peers[0]!.received.length > 0);
    expect(sentBy(peers[0]!)).toEqual(["9:"]);
  });

  it("says what the proxy answered, and that it is not there", async () => {
    const { url } = await sending(frame(TEXT, "a"));
    const refused = client(open, url, { proxy: `http://${await proxyServer([], 403)}` });
    expect(await refused.closed()).toBe(`1006 proxy answered 403 to CONNECT ${url.slice(5)}`);
    const alone = client(open, url, { proxy: "http://127.0.0.1:1" });
    expect(await alone.closed()).toBe("1006 proxy: connect ECONNREFUSED 127.0.0.1:1");
  });

  it("does not wait for ever for a proxy, and can be closed meanwhile", async () => {
    const silent = await tcpServer(() => undefined);
    const proxy = `http://127.0.0.1:${portOf(silent)}`;
    const slow = client(open, "ws://127.0.0.1:1", { proxy, openTimeoutMs: 100 });
    expect(await slow.closed()).toMatch(/^1006 (proxy: |Opening handshake).+/);
    const given = client(open, "ws://127.0.0.1:1", { proxy });
    given.socket.close(1000, "");
    const begin = performance.now();
    expect(await given.closed()).toBe("1006 WebSocket was closed before the connection was established");
    expect(performance.now() - begin).toBeLessThan(2000);
  });
}

/** What every implementation of `OpenSocket` must do, against real servers. */
export function socketContract(name: string, open: OpenSocket): void {
  describe(`the ${name} socket`, () => {
    afterEach(cleanUp);
    describe("messages", () => messages(open));
    describe("sending", () => sendingOut(open));
    describe("closing", () => closing(open));
    describe("breaches", () => breaches(open));
    describe("opening", () => opening(open));
    describe("tunnels", () => tunnelled(open));
    describe("compression", () => compression(open));
  });
}
