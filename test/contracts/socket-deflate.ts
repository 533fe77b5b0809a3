import { constants, deflateRawSync } from "node:zlib";
import type { ZlibOptions } from "node:zlib";
import { expect, it } from "vitest";
import type { OpenSocket } from "../../src/feed/socket/socket.ts";
import { client, close, frame, pattern, rawServer, sentBy, switching, wsServer } from "./socket-rig.ts";
import type { Hooks, Peer } from "./socket-rig.ts";

/** First bytes of compressed frames: RSV1 is set (RFC 7692, 6). */
const TEXT = 0xc1;
const BINARY = 0xc2;
const PARTS = { first: 0x41, more: 0x00, last: 0x80 };
const PING = 0x89;
const YES = "permessage-deflate";
const COMPRESSION = { compression: true };
const { Z_SYNC_FLUSH, Z_FIXED, Z_HUFFMAN_ONLY } = constants;

/** A message as it is sent: RFC 7692, 7.2.1. `dictionary` is what was sent before it. */
function deflated(message: Uint8Array | string, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(message, { finishFlush: Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

/** Opens the websocket with `extensions` agreed on, sends `bytes` with the answer, and ends when it hears something. */
function answering(extensions: string, bytes: Buffer): Promise<{ url: string; peers: Peer[] }> {
  return rawServer(({ connection, request }) => {
    const answer = switching(request, `Sec-WebSocket-Extensions: ${extensions}`);
    connection.write(Buffer.concat([Buffer.from(answer), bytes]));
    connection.once("data", () => connection.end());
  });
}

async function received(open: OpenSocket, extensions: string, frames: Buffer[]): Promise<string[]> {
  const { url } = await answering(extensions, Buffer.concat([...frames, frame(0x81, "last")]));
  const one = client(open, url, COMPRESSION);
  await one.until(() => one.frames.some((bytes) => bytes.equals(Buffer.from("last"))));
  return one.frames.slice(0, -1).map(String);
}

function quote(i: number): string {
  return JSON.stringify({
    e: "bookTicker",
    s: i % 3 === 0 ? "BTCUSDT" : "ETHUSDT",
    u: 77_000 + i,
    b: 43210.1 + i,
  });
}

function agreeing(open: OpenSocket): void {
  it("is offered only when it is wanted, and never used for what we send", async () => {
    for (const wanted of [true, false]) {
      const { url, peers } = await answering(YES, Buffer.alloc(0));
      const text = "subscribe ".repeat(12);
      const hooks: Hooks = { open: ({ socket }) => socket.send(text) };
      const one = client(open, url, { compression: wanted }, hooks);
      // Without the offer the answer is refused.
      await one.until(() => wanted === (peers[0]?.received.length ?? 0) > 0 || one.told.length > 2);
      if (wanted) expect(sentBy(peers[0]!)).toEqual([`1:${text}`]);
      else expect(await one.closed()).toMatch(/no extension was requested$/);
      const offers = peers[0]!.request.filter((line) => /extensions/i.test(line));
      expect(offers).toEqual(
        wanted ? ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] : [],
      );
    }
  });

  it.each([
    YES,
    `${YES}; server_no_context_takeover; client_no_context_takeover`,
    `${YES};client_max_window_bits=15 ; server_max_window_bits="10"`,
  ])("takes the answer %s", async (extensions) => {
    const options = { windowBits: 10 };
    const frames = [quote(1), quote(2)].map((text) => frame(TEXT, deflated(text, options)));
    expect(await received(open, extensions, frames)).toEqual([quote(1), quote(2)]);
  });

  const INVALID = "1006 Invalid Sec-WebSocket-Extensions header";
  it.each([
    ["permessage-bzip2", "1006 Server indicated an extension that was not requested"],
    [`${YES}, x-other`, "1006 Server indicated an extension that was not requested"],
    [`${YES}; server_max_window_bits=7`, INVALID],
    [`${YES}; server_max_window_bits=16`, INVALID],
    [`${YES}; server_max_window_bits`, INVALID],
    [`${YES}; client_max_window_bits`, INVALID],
    [`${YES}; server_no_context_takeover=1`, INVALID],
    [`${YES}; server_no_context_takeover; server_no_context_takeover`, INVALID],
    [`${YES}; level=9`, INVALID],
    [`${YES}; `, INVALID],
  ])("refuses the answer %s", async (extensions, told) => {
    const { url } = await answering(extensions, Buffer.alloc(0));
    expect(await client(open, url, COMPRESSION).closed()).toBe(told);
  });

  it("may be declined: then a compressed frame is a breach", async () => {
    const { url, peers } = await rawServer(({ connection, request }) => {
      const frames = [frame(0x81, "plain"), frame(TEXT, deflated("x"))];
      connection.write(Buffer.concat([Buffer.from(switching(request)), ...frames]));
      connection.once("data", () => connection.end());
    });
    const one = client(open, url, COMPRESSION);
    expect(await one.closed()).toBe("1006 Invalid WebSocket frame: RSV1 must be clear");
    expect([one.frames.map(String), sentBy(peers[0]!)]).toEqual([["plain"], ["8:1002"]]);
  });
}

function inflating(open: OpenSocket): void {
  it.each([
    ["with takeover of context", { threshold: 0 }],
    ["without", { threshold: 0, serverNoContextTakeover: true }],
    ["above a threshold", { threshold: 1024, serverNoContextTakeover: true }],
    ["of a small window", { threshold: 0, serverMaxWindowBits: 9 }],
  ])("takes what a ws server compresses, %s", async (_, options) => {
    const texts = Array.from({ length: 60 }, (_value, i) => quote(i).repeat(1 + ((i * i) % 40)));
    const sent = [
      ...texts.map((text) => Buffer.from(text)),
      pattern(70_000),
      Buffer.alloc(0),
      pattern(1 << 20),
    ];
    const url = await wsServer((socket) => {
      for (const [i, bytes] of sent.entries())
        socket.send(bytes, { binary: i % 2 === 0, compress: i % 5 !== 4 });
    }, options);
    const one = client(open, url, COMPRESSION);
    await one.until(() => one.frames.length === sent.length);
    expect(one.frames.map((bytes, i) => bytes.equals(sent[i]!))).toEqual(sent.map(() => true));
    expect(one.told.at(-1)).toBe("end");
  });

  it("takes the examples of RFC 7692, 7.2.3, and other kinds of blocks", async () => {
    const hello = Buffer.from("f248cdc9c90700", "hex");
    const expected = [
      [hello, "Hello"],
      [Buffer.from("f200110000", "hex"), "Hello"],
      [Buffer.from("000500faff48656c6c6f00", "hex"), "Hello"],
      [Buffer.from("f24805000000ffffcac9c90700", "hex"), "Hello"],
      [Buffer.of(0), ""],
      [deflated(quote(7), { strategy: Z_FIXED }), quote(7)],
      [deflated(quote(8), { strategy: Z_HUFFMAN_ONLY }), quote(8)],
      [deflated(pattern(300), { level: 0 }), pattern(300).toString()],
    ] as const;
    const frames = expected.map(([bytes]) => frame(TEXT, bytes));
    expect(await received(open, YES, frames)).toEqual(expected.map(([, text]) => text));
    // A final block; for ws the window ends with it.
    const final = frame(TEXT, Buffer.from("f348cdc9c9070000", "hex"));
    expect(await received(open, YES, [final, frame(TEXT, hello)])).toEqual(["Hello", "Hello"]);
  });

  it("joins fragments, with controls and plain messages between, in order", async () => {
    const whole = Array.from({ length: 9000 }, (_, i) => quote(i)).join();
    const bytes = deflated(whole);
    const cut = [0, 1, 1, Math.floor(bytes.length / 3), bytes.length];
    const frames = cut.slice(1).flatMap((end, i) => {
      const first = i === 0 ? PARTS.first : i === 3 ? PARTS.last : PARTS.more;
      return [frame(first, bytes.subarray(cut[i], end)), frame(PING, `${i}`)];
    });
    const dictionary = Buffer.from(whole.slice(-32768));
    const more = [frame(0x81, "plain"), frame(BINARY, deflated(quote(9000), { dictionary }))];
    const got = await received(open, YES, [...frames, ...more]);
    expect(got.map((text) => text.length)).toEqual([whole.length, 5, quote(9000).length]);
    expect(got).toEqual([whole, "plain", quote(9000)]);
  });

  it("hands over everything before a close frame, and the end of a read after its frames", async () => {
    const bytes = [frame(TEXT, deflated("a")), frame(TEXT, deflated("b")), close(1000, "done")];
    const { url } = await answering(YES, Buffer.concat(bytes));
    const one = client(open, url, COMPRESSION);
    expect(await one.closed()).toBe("1000 done");
    expect(one.frames.map(String)).toEqual(["a", "b"]);
    expect(one.told.slice(one.told.lastIndexOf("frame") + 1, -1)).toContain("end");
  });
}

function refusing(open: OpenSocket): void {
  const started = frame(PARTS.first, deflated("x"));
  it.each([
    ["RSV1 of a continuation", Buffer.concat([started, frame(0xc0, "x")]), "1002", /RSV1 must be clear$/],
    ["RSV1 of a ping", frame(0xc9, "x"), "1002", /RSV1 must be clear$/],
    ["RSV1 of a close", frame(0xc8, ""), "1002", /RSV1 must be clear$/],
    ["RSV2", frame(0xe1, "x"), "1002", /RSV2 and RSV3 must be clear$/],
    ["garbage", frame(TEXT, Buffer.alloc(100, 0xff)), "1007", /^1006 invalid block type$/],
    [
      "a wrong stored block",
      frame(TEXT, Buffer.of(0, 1, 2, 3, 4)),
      "1007",
      /^1006 invalid stored block lengths$/,
    ],
    [
      "a match before the begin",
      frame(TEXT, Buffer.from("f200110000", "hex")),
      "1007",
      /^1006 invalid distance/,
    ],
  ])("refuses %s", async (_, bytes, code, reason) => {
    const { url, peers } = await answering(
      YES,
      Buffer.concat([frame(0x81, "before"), bytes, frame(0x81, "after")]),
    );
    const one = client(open, url, COMPRESSION);
    expect(await one.closed()).toMatch(reason);
    expect(one.frames.map(String)).toEqual(["before"]);
    expect(sentBy(peers[0]!)).toEqual([`8:${code}`]);
  });

  it("refuses a reference to the message before where the context ends", async () => {
    const frames = [frame(TEXT, deflated("Hello")), frame(TEXT, Buffer.from("f200110000", "hex"))];
    const { url } = await answering(`${YES}; server_no_context_takeover`, Buffer.concat(frames));
    const one = client(open, url, COMPRESSION);
    expect(await one.closed()).toBe("1006 invalid distance too far back");
    expect(one.frames.map(String)).toEqual(["Hello"]);
  });

  it("takes a message that is exactly as large as allowed, and refuses one byte more, and a bomb", async () => {
    const maxFrame = 100_000;
    const server = (length: number): Promise<{ url: string; peers: Peer[] }> =>
      answering(YES, Buffer.concat([frame(BINARY, deflated(Buffer.alloc(length))), frame(0x81, "after")]));
    const one = client(open, (await server(maxFrame)).url, { ...COMPRESSION, maxFrame });
    await one.until(() => one.frames.length === 2);
    expect(one.frames.map((bytes) => bytes.length)).toEqual([maxFrame, 5]);
    for (const length of [maxFrame + 1, 64 << 20]) {
      const { url, peers } = await server(length);
      const two = client(open, url, { ...COMPRESSION, maxFrame });
      expect(await two.closed()).toBe("1006 Max payload size exceeded");
      expect([two.frames.length, sentBy(peers[0]!)]).toEqual([0, ["8:1009"]]);
    }
  });
}

/** What every implementation must do with permessage-deflate (RFC 7692). */
export function compression(open: OpenSocket): void {
  agreeing(open);
  inflating(open);
  refusing(open);
}
