import { createServer } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { Slab, decodeText } from "../../model/index.ts";
import { openWsSocket } from "./ws-socket.ts";

const open: { close(): void }[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const one of open.splice(0)) one.close();
});

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}

/** A proxy that tunnels to whatever it is asked for, or refuses; it notes what it was asked. */
async function proxy(asked: string[], status = 200): Promise<string> {
  const server: Server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, client: Socket) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    sockets.push(client);
    client.on("error", () => undefined);
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [host, port] = request.url!.split(":");
    const target = connect(Number(port), host);
    sockets.push(target);
    target.on("error", () => undefined);
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    return client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(server);
  return `127.0.0.1:${portOf(server)}`;
}

async function venue(): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => socket.send("hello through the tunnel"));
  await new Promise((resolve) => server.once("listening", resolve));
  open.push(server);
  return `ws://127.0.0.1:${portOf(server)}`;
}

/** First message or the reason of the close. */
function first(url: string, through: string | null): Promise<string> {
  return new Promise((resolve) => {
    const socket = openWsSocket(
      url,
      new Slab(4096),
      { headers: {}, maxFrame: 1000, openTimeoutMs: 2000, proxy: through },
      {
        open: () => undefined,
        endOfRead: () => undefined,
        alive: () => undefined,
        frame: (slab, start, end) => {
          resolve(decodeText(slab.bytes, start, end));
          socket.close(1000, "");
        },
        close: (_code, reason) => resolve(`closed: ${reason}`),
      },
    );
  });
}

describe("a socket through a proxy", () => {
  it("tunnels, with the proxy's own credentials for the proxy only", async () => {
    const asked: string[] = [];
    const [target, address] = [await venue(), await proxy(asked)];
    expect(await first(target, `http://user:pa%20ss@${address}`)).toBe("hello through the tunnel");
    expect(asked).toEqual([`${target.slice(5)} Basic ${Buffer.from("user:pa ss").toString("base64")}`]);
  });

  it("says what the proxy answered when it refuses", async () => {
    const target = await venue();
    expect(await first(target, `http://${await proxy([], 403)}`)).toBe(
      `closed: proxy answered 403 to CONNECT ${target.slice(5)}`,
    );
  });

  it("says that the proxy is not there, and goes direct without one", async () => {
    const target = await venue();
    expect(await first(target, "http://127.0.0.1:1")).toMatch(/closed: proxy: connect ECONNREFUSED/);
    expect(await first(target, null)).toBe("hello through the tunnel");
  });
});
