import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket as Connection } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { SLAB_PAD, Slab } from "../../model/index.ts";
import { openFastSocket } from "./fast-socket.ts";
import type { SlabSource, Socket } from "./socket.ts";

// What every socket must do is in test/contracts/socket.ts; here is what only this one does.

const servers: Server[] = [];
const connections: Connection[] = [];

afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Opens the websocket, then does as it is told and, unless it is to listen, reads no more. */
async function deaf(then: (connection: Connection) => void, listening = false): Promise<string> {
  const server = createServer({ allowHalfOpen: !listening }, (connection) => {
    connections.push(connection);
    connection.on("error", () => undefined);
    connection.once("data", (bytes) => {
      if (!listening) connection.pause();
      const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(bytes.toString("latin1"))![1]!;
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      const lines = ["HTTP/1.1 101 Go", "Upgrade: websocket", "Connection: Upgrade"];
      connection.write([...lines, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
      then(connection);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** How a socket ended; `opened` runs with it when it is open. */
function ending(url: string, opened: (socket: Socket) => unknown): Promise<string> {
  return new Promise((resolve) => {
    const options = { headers: {}, maxFrame: 1000, openTimeoutMs: 2000, proxy: null };
    const socket = openFastSocket(url, new Slab(16), options, {
      open: () => opened(socket),
      frame: () => undefined,
      endOfRead: () => undefined,
      alive: () => undefined,
      close: (code, reason) => resolve(`${code} ${reason}`),
    });
  });
}

/** More than the system's buffers take. */
const FLOOD = 64 << 20;

/** Sends until `limit` bytes are on their way or `stop` says so; answers with how many were. */
async function pour(socket: Socket, limit: number, stop: () => boolean): Promise<number> {
  const text = "x".repeat(60_000);
  let sent = 0;
  for (; sent < limit && !stop(); sent += text.length) {
    socket.send(text);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return sent;
}

describe("a socket whose other side does not read", () => {
  it("is cut before what is unsent takes memory; and soon after the other side's end", async () => {
    let sent: Promise<number> | null = null;
    let over = false;
    const cut = await ending(await deaf(() => undefined), (socket) => {
      sent = pour(socket, FLOOD, () => over);
    });
    over = true;
    expect(cut).toBe("1006 more than 1048576 bytes are not taken by the other side");
    const taken = await sent!;
    expect(taken).toBeLessThan(FLOOD);

    // Half of what may be unsent is: it must not keep the connection when the other side has gone.
    let finish = (): void => undefined;
    const url = await deaf((connection) => {
      finish = () => connection.end();
    });
    let ended = 0;
    const told = await ending(url, async (socket) => {
      await pour(socket, taken - (1 << 19), () => false);
      ended = performance.now();
      finish();
    });
    expect(told).toBe("1006 the connection ended without a close frame");
    expect(performance.now() - ended).toBeLessThan(2000);
  });

  it("is cut when it floods us with pings", async () => {
    const pings = Buffer.concat(
      Array.from({ length: 5000 }, () => Buffer.from(`\x89\x7d${"p".repeat(125)}`, "latin1")),
    );
    const url = await deaf((connection) => {
      const go = (): void => {
        while (!connection.destroyed && connection.write(pings));
        connection.once("drain", go);
      };
      go();
    });
    expect(await ending(url, () => undefined)).toBe(
      "1006 more than 1048576 bytes are not taken by the other side",
    );
  });
});

/** Slabs that are windows of one buffer, far from its start; notes what was taken and given back. */
class Windows implements SlabSource {
  readonly noted: string[] = [];
  readonly #taken: Slab[] = [];

  take(capacity: number): Slab {
    const buffer = new ArrayBuffer(4096 + capacity + SLAB_PAD);
    const slab = new Slab(capacity, null, 4096, buffer);
    this.noted.push("take");
    this.#taken.push(slab);
    return slab;
  }

  give(slab: Slab): void {
    this.noted.push(`give ${this.#taken.indexOf(slab)}`);
  }
}

/** Notes in `slabs.noted` what a socket told, in order with what it took and gave; resolves after its close. */
async function telling(url: string, slabs: Windows, proxy: string | null, bye: boolean): Promise<string[]> {
  const { noted } = slabs;
  await new Promise<void>((resolve) => {
    const options = { headers: {}, maxFrame: 1000, openTimeoutMs: 2000, proxy, slabs };
    const socket = openFastSocket(url, new Slab(16), options, {
      open: () => noted.push("open"),
      frame: (slab, start, end) => {
        if (bye) socket.close(1000, "");
        noted.push(Buffer.from(slab.bytes.subarray(start, end)).toString());
      },
      endOfRead: () => undefined,
      alive: () => undefined,
      close: (code) => {
        noted.push(`close ${code}`);
        resolve();
      },
    });
  });
  // A second close or giving back would come now.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return noted;
}

describe("the slab of a socket", () => {
  const frames = Buffer.from("\x81\x05hello\x81\x05world", "latin1");
  const bye = Buffer.from("\x88\x02\x03\xe8", "latin1");

  it("may be a window, and is given back once when the socket is closed by either side or cut", async () => {
    const theirs = await deaf((connection) => connection.end(Buffer.concat([frames, bye])), true);
    expect(await telling(theirs, new Windows(), null, false)).toEqual([
      "take",
      "open",
      "hello",
      "world",
      "give 0",
      "close 1000",
    ]);
    const ours = await deaf((connection) => connection.write(frames), true);
    expect((await telling(ours, new Windows(), null, true)).slice(0, 3)).toEqual(["take", "open", "hello"]);
    const cut = new Windows();
    const url = await deaf((connection) => {
      connection.write(frames, () => connection.resetAndDestroy());
    });
    expect((await telling(url, cut, null, false)).slice(-2)).toEqual(["give 0", "close 1006"]);
  });

  it("is given back when there was never a connection, directly or through a proxy", async () => {
    for (const proxy of [null, "http://127.0.0.1:1"])
      expect(await telling("ws://127.0.0.1:1", new Windows(), proxy, false)).toEqual([
        "take",
        "give 0",
        "close 1006",
      ]);
  });

  it("is not taken for what throws", async () => {
    const slabs = new Windows();
    for (const [url, proxy] of [
      ["http://venue.test", null],
      ["ws://venue.test", "nonsense"],
    ] as const)
      await expect(telling(url, slabs, proxy, false)).rejects.toThrow(/URL/);
    expect(slabs.noted).toEqual([]);
  });
});

describe("a socket that cannot be opened", () => {
  it("says which schemes it speaks", async () => {
    await expect(() => ending("http://venue.test", () => undefined)).rejects.toThrow(
      "expected a URL that begins with ws:// or wss://, saw http://",
    );
  });

  it("says that there is no such host", async () => {
    expect(await ending("wss://nowhere.invalid/", () => undefined)).toMatch(
      /^1006 getaddrinfo .*nowhere\.invalid/,
    );
  });
});
