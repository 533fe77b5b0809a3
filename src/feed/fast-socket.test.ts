import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket as Connection } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Slab } from "../model/index.ts";
import { openFastSocket } from "./fast-socket.ts";
import type { Socket } from "./socket.ts";

// What every socket must do is in test/contracts/socket.ts; here is what only this one does.

const servers: Server[] = [];
const connections: Connection[] = [];

afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Opens the websocket, then does as it is told and reads no more. */
async function deaf(then: (connection: Connection) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections.push(connection);
    connection.on("error", () => undefined);
    connection.once("data", (bytes) => {
      connection.pause();
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
function ending(url: string, opened: (socket: Socket) => void): Promise<string> {
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

describe("a socket whose other side does not read", () => {
  it("is cut before what is unsent takes memory", async () => {
    const url = await deaf(() => undefined);
    const text = "x".repeat(60_000);
    let sent = 0;
    const told = await ending(url, (socket) => {
      const more = setInterval(() => {
        socket.send(text);
        sent += text.length;
        if (sent > FLOOD) clearInterval(more);
      }, 0);
    });
    expect(told).toBe("1006 more than 1048576 bytes are not taken by the other side");
    expect(sent).toBeLessThan(FLOOD);
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

  it("does not outlive the other side's end by more than the grace, whatever is unsent", async () => {
    const url = await deaf((connection) => setTimeout(() => connection.end(), 100));
    const begin = performance.now();
    const told = await ending(url, (socket) => {
      for (let n = 0; n < 8; n++) socket.send("x".repeat(120_000));
    });
    expect(told).toBe("1006 the connection ended without a close frame");
    expect(performance.now() - begin).toBeLessThan(3000);
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
