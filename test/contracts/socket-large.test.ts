import { afterEach, describe, expect, it } from "vitest";
import { LARGE } from "../../src/feed/socket/frame-reader.ts";
import {
  cleanUp,
  client,
  close,
  frame,
  IMPLEMENTATIONS,
  pattern,
  rawServer,
  sending,
  switching,
} from "./socket-rig.ts";

const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;
const fast = IMPLEMENTATIONS["fast"]!;
/** Longer than a few turns of the loop take, in which everything that follows has arrived. */
const PAUSE = 60;

const large = (seed: number, more = 0): Buffer => pattern(LARGE + more, seed);

afterEach(cleanUp);

describe("a fast socket, whose large message is taken", () => {
  it("tells what follows behind it, in order, and is read on", async () => {
    const texts = (name: string): Buffer[] =>
      Array.from({ length: 500 }, (_, i) => frame(TEXT, `${name} ${i}`));
    const all = [
      ...texts("a"),
      frame(BINARY, large(1, 1_700_000)),
      ...texts("b"),
      frame(PING, "p"),
      frame(BINARY, large(2)),
      ...texts("c"),
      close(4000, "enough"),
    ];
    const { url, peers } = await sending(Buffer.concat(all));
    const one = client(fast, url, {}, { pauseMs: PAUSE });
    expect(await one.closed()).toBe("4000 enough");
    expect(one.frames.map((bytes) => (bytes.length > 100 ? bytes.length : String(bytes)))).toEqual([
      ...Array.from({ length: 500 }, (_, i) => `a ${i}`),
      LARGE + 1_700_000,
      ...Array.from({ length: 500 }, (_, i) => `b ${i}`),
      LARGE,
      ...Array.from({ length: 500 }, (_, i) => `c ${i}`),
    ]);
    expect(one.frames[500]!.equals(large(1, 1_700_000))).toBe(true);
    const told = one.told.filter((what) => what !== "end");
    expect(told.slice(500, 505)).toEqual(["frame", "taken", "large", "frame", "frame"]);
    expect(told.indexOf("alive")).toBeGreaterThan(told.indexOf("large"));
    expect(one.told.slice(-3)).toEqual(["frame", "end", "close 4000 enough"]);
    expect(peers.length).toBe(1);
  });

  it("makes the other side wait: what it cannot send stays with it", async () => {
    let unsent = 0;
    const { url } = await rawServer(({ connection, request }) => {
      connection.write(switching(request));
      connection.write(frame(BINARY, large(1)));
      for (let i = 0; i < 48; i++) connection.write(frame(BINARY, pattern(LARGE - 100, i)));
      setTimeout(() => (unsent = connection.writableLength), 150);
    });
    const one = client(fast, url, {}, { pauseMs: 300 });
    await one.until(() => one.frames.length === 49);
    expect(unsent).toBeGreaterThan(LARGE);
    expect(one.frames.every((bytes, i) => i === 0 || bytes.equals(pattern(LARGE - 100, i - 1)))).toBe(true);
  });

  it.each([
    ["ends", "end"],
    ["is cut", "destroySoon"],
  ] as const)("tells what came before the connection %s, then that", async (_, how) => {
    const { url } = await rawServer(({ connection, request }) => {
      connection.write(switching(request));
      connection.write(Buffer.concat([frame(BINARY, large(1)), frame(TEXT, "b"), frame(TEXT, "c")]));
      connection[how]();
    });
    const one = client(fast, url, {}, { pauseMs: PAUSE });
    expect(await one.closed()).toMatch(/^1006 /);
    expect(one.told.filter((what) => what !== "end").slice(0, 5)).toEqual([
      "open",
      "taken",
      "large",
      "frame",
      "frame",
    ]);
    expect(one.frames.slice(1).map(String)).toEqual(["b", "c"]);
  });

  it("can be closed meanwhile; nothing is told after the close, and late word to go on is ignored", async () => {
    const { url } = await sending(Buffer.concat([frame(BINARY, large(1)), frame(TEXT, "b")]));
    const one = client(fast, url, {}, { pauseMs: 1600 });
    await one.until(() => one.told.includes("taken"));
    one.socket.close(1000, "");
    expect(await one.closed()).toBe("1006 no answer to our close frame");
    await one.until(() => one.told.includes("large"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(one.told.filter((what) => what === "frame" || what.startsWith("close"))).toHaveLength(1);
  });

  it("takes a message as large again behind it, however it came", async () => {
    const parts = [large(1).subarray(0, 100_000), large(1).subarray(100_000)];
    const bytes = Buffer.concat([
      frame(BINARY, large(0)),
      frame(0x02, parts[0]!),
      frame(PING, ""),
      frame(0x80, parts[1]!),
      frame(TEXT, "end"),
    ]);
    const one = client(fast, (await sending(bytes)).url, {}, { pauseMs: 5 });
    await one.until(() => one.frames.length === 3);
    expect(one.frames.map((bytes2, i) => bytes2.equals(i < 2 ? large(i) : Buffer.from("end")))).toEqual([
      true,
      true,
      true,
    ]);
  });
});
