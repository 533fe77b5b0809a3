import { createHash } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket as Connection } from "node:net";
import { WebSocketServer } from "ws";
import type { PerMessageDeflateOptions, WebSocket } from "ws";
import { openFastSocket } from "../../src/feed/socket/fast-socket.ts";
import type { OpenSocket, Socket, SocketEvents, SocketOptions } from "../../src/feed/socket/socket.ts";
import { openWsSocket } from "../../src/feed/socket/ws-socket.ts";
import { Slab } from "../../src/model/index.ts";

/** Every implementation of the interface: each must pass the whole suite. */
export const IMPLEMENTATIONS: Readonly<Record<string, OpenSocket>> = {
  ws: openWsSocket,
  fast: openFastSocket,
};

export const MAX_FRAME = 2 << 20;
const PATIENCE_MS = 8000;

/** What must be undone after a test. */
const cleanup: (() => void)[] = [];

export function later(undo: () => void): void {
  cleanup.push(undo);
}

export function cleanUp(): void {
  for (const undo of cleanup.splice(0)) undo();
}

/** A client that keeps what it was told. */
export interface Client {
  readonly socket: Socket;
  readonly frames: Buffer[];
  /** In order: open, frame, end (of a read), alive, "close CODE REASON". */
  readonly told: string[];
  until(condition: () => boolean): Promise<void>;
  closed(): Promise<string>;
}

/** Hooks of a test into what a client is told. */
export interface Hooks {
  open?(client: Client): void;
  frame?(client: Client, frame: Buffer): void;
  /** Large messages are taken, where a socket offers them, and looked at so many ms later, when it is told to go on. */
  pauseMs?: number;
}

export function client(
  open: OpenSocket,
  url: string,
  options: Partial<SocketOptions> = {},
  hooks: Hooks = {},
): Client {
  const frames: Buffer[] = [];
  const told: string[] = [];
  const until = async (condition: () => boolean): Promise<void> => {
    const end = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`not in time; told so far: ${told.slice(-10).join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const closed = async (): Promise<string> => {
    await until(() => told.some((one) => one.startsWith("close")));
    return told.find((one) => one.startsWith("close"))!.slice(6);
  };
  const all = { headers: {}, maxFrame: MAX_FRAME, openTimeoutMs: 5000, proxy: null, ...options };
  const self: { -readonly [K in keyof Client]: Client[K] } = {
    socket: null as unknown as Socket,
    frames,
    told,
    until,
    closed,
  };
  const take = (what: string, slab: Slab, start: number, end: number): void => {
    const message = Buffer.from(slab.bytes.slice(start, end));
    frames.push(message);
    told.push(what);
    hooks.frame?.(self, message);
  };
  const { pauseMs } = hooks;
  const large: SocketEvents["large"] = (slab, start, end, work, resume) => {
    told.push("taken");
    setTimeout(() => {
      work.bytes.fill(0);
      take("large", slab, start, end);
      resume();
    }, pauseMs);
    return true;
  };
  self.socket = open(url, new Slab(MAX_FRAME), all, {
    open: () => {
      told.push("open");
      hooks.open?.(self);
    },
    frame: (slab, start, end) => take("frame", slab, start, end),
    ...(pauseMs !== undefined && { large }),
    endOfRead: () => told.push("end"),
    alive: () => told.push("alive"),
    close: (code, reason) => told.push(`close ${code} ${reason}`),
  });
  later(() => self.socket.close(1000, ""));
  return self;
}

export function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}

/** A TCP server on a free port of the loopback; its connections end with the test. */
export async function tcpServer(serve: (connection: Connection) => void): Promise<Server> {
  const server = createServer((connection) => {
    connection.on("error", () => undefined);
    later(() => connection.destroy());
    serve(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(() => server.close());
  return server;
}

/** A server of the ws package; `perMessageDeflate` are its options of that name. */
export async function wsServer(
  serve: (socket: WebSocket) => void,
  perMessageDeflate: PerMessageDeflateOptions | false = false,
): Promise<string> {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate });
  wss.on("connection", (socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise((resolve) => wss.once("listening", resolve));
  later(() => {
    for (const socket of wss.clients) socket.terminate();
    wss.close();
  });
  return `ws://127.0.0.1:${portOf(wss)}`;
}

/** An HTTP proxy that tunnels to whatever it is asked for, or answers `status`; it notes what it was asked. */
export async function proxyServer(asked: string[], status = 200): Promise<string> {
  const proxy = createHttpServer((_request, response) => response.writeHead(405).end());
  proxy.on("connect", (request, asking: Connection) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    asking.on("error", () => undefined);
    later(() => asking.destroy());
    if (status !== 200) return void asking.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [host, port] = request.url!.split(":");
    const target = connect(Number(port), host);
    target.on("error", () => asking.destroy());
    later(() => target.destroy());
    target.once("connect", () => {
      asking.write("HTTP/1.1 200 OK\r\n\r\n");
      asking.pipe(target).pipe(asking);
    });
    return undefined;
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  later(() => proxy.close());
  return `127.0.0.1:${portOf(proxy)}`;
}

/** A client's connection as a server of raw bytes sees it. */
export interface Peer {
  readonly connection: Connection;
  /** Header lines of the request. */
  readonly request: string[];
  /** What came after it. */
  received: Buffer;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export function acceptOf(request: readonly string[]): string {
  const line = request.find((one) => /^sec-websocket-key:/i.test(one)) ?? "";
  const key = line.slice(line.indexOf(":") + 1).trim();
  return createHash("sha1")
    .update(key + GUID)
    .digest("base64");
}

/** The right answer to a request, with other header lines behind it. */
export function switching(request: readonly string[], ...more: string[]): string {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  return [...lines, `Sec-WebSocket-Accept: ${acceptOf(request)}`, ...more, "", ""].join("\r\n");
}

/** A server that reads the opening request and then does what the test says, byte by byte if it wants. */
export async function rawServer(serve: (peer: Peer) => void): Promise<{ url: string; peers: Peer[] }> {
  const peers: Peer[] = [];
  const server = await tcpServer((connection) => {
    const peer: Peer = { connection, request: [], received: Buffer.alloc(0) };
    peers.push(peer);
    let head = "";
    connection.on("data", (chunk) => {
      if (peer.request.length > 0) peer.received = Buffer.concat([peer.received, chunk]);
      else if ((head += chunk.toString("latin1")).endsWith("\r\n\r\n")) {
        (peer.request as string[]).push(...head.trimEnd().split("\r\n"));
        serve(peer);
      }
    });
  });
  return { url: `ws://127.0.0.1:${portOf(server)}`, peers };
}

/** A server of raw bytes that opens the websocket and sends `bytes` in one write with its answer. */
export function sending(bytes: Buffer): Promise<{ url: string; peers: Peer[] }> {
  return rawServer(({ connection, request }) => {
    connection.write(Buffer.concat([Buffer.from(switching(request)), bytes]));
  });
}

/** A server's frame; `first` holds FIN, RSV and opcode. */
export function frame(first: number, payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload as string);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65536 ? 4 : 10);
  head[0] = first;
  head[1] = head.length === 2 ? body.length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(body.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

export function close(code: number, reason = ""): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
  payload.writeUInt16BE(code);
  return frame(0x88, payload);
}

/** What a client sent, unmasked: "OPCODE:PAYLOAD" with a close code in place of its two bytes. Throws when not masked. */
export function sentBy(peer: Peer): string[] {
  const out: string[] = [];
  let rest = peer.received;
  while (rest.length >= 6) {
    if ((rest[1]! & 0x80) === 0) throw new Error("expected a masked frame");
    const length = rest[1]! & 0x7f;
    if (length > 125) throw new Error("expected a short frame");
    const mask = rest.subarray(2, 6);
    const payload = rest.subarray(6, 6 + length).map((byte, i) => byte ^ mask[i & 3]!);
    const opcode = rest[0]! & 15;
    const code = opcode === 8 && length >= 2 ? `${Buffer.from(payload).readUInt16BE()}` : "";
    out.push(`${opcode}:${code}${Buffer.from(payload).toString("latin1", code === "" ? 0 : 2)}`);
    rest = rest.subarray(6 + length);
  }
  return out;
}

/** Bytes that are easy to tell apart, the same for the same seed. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
