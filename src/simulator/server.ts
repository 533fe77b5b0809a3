import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { Budget } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { type Exchange, pathOf } from "./exchange.ts";
import { Rest } from "./rest.ts";
import type { Session } from "./session.ts";
import { SocketWire } from "./socket-wire.ts";

/** Largest frame a client may send, bytes. */
const MAX_REQUEST = 1 << 20;
/** Pings a client may leave unanswered (three periods: the proportion venues document). */
const MAX_UNANSWERED = 3;
/** Connections held unanswered by `hang_upgrade` at most. */
const MAX_HUNG = 64;

export interface ServerOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  /** Bytes that may wait for a slow client before it is cut. */
  readonly maxBuffered: number;
}

export interface Endpoints {
  /** Base URL of the venue's first (often only) socket endpoint. */
  ws: string;
  /** Base URL of every socket endpoint by its name. */
  sockets: Record<string, string>;
  rest: string;
}

/** One venue on one port: websocket upgrades and REST. */
export class VenueServer {
  readonly exchange: Exchange;
  readonly rest: Rest;
  readonly #options: ServerOptions;
  readonly #ws = new WebSocketServer({
    noServer: true,
    autoPong: false,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST,
  });
  readonly #connects: Budget;
  readonly #sockets = new Set<Socket>();
  #hung = 0;
  #server: Server;
  #port: number;
  #closed = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.exchange = options.exchange;
    this.#port = options.port;
    const { connects, connectWindowMs } = this.exchange.venue.limits;
    this.#connects = new Budget(this.exchange.limits ? connects : Infinity, connectWindowMs);
    this.rest = new Rest(this.exchange, options.clock.speed);
    this.#server = this.#make();
  }

  get endpoints(): Endpoints {
    const { venue } = this.exchange;
    const host = this.#options.host.includes(":") ? `[${this.#options.host}]` : this.#options.host;
    const sockets = Object.fromEntries(
      venue.sockets.map((one) => [one.name, `ws://${host}:${this.#port}${pathOf(one.url)}`]),
    );
    return {
      ws: sockets[venue.sockets[0]!.name]!,
      sockets,
      rest: `http://${host}:${this.#port}${pathOf(venue.rest.url)}`,
    };
  }

  async listen(): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#options.host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Cuts every connection and stops listening; `restore` listens again on the same port. */
  async vanish(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await gone;
  }

  async restore(): Promise<void> {
    if (this.#closed) return;
    this.#server = this.#make();
    await this.listen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.exchange.sessions) session.wire.close(1001, "the simulator ends");
    if (this.#server.listening) await this.vanish();
    for (const session of this.exchange.sessions) this.exchange.disconnect(session);
  }

  /** Time passes for the venue before anybody is answered. */
  #catchUp(): void {
    this.exchange.run(this.#options.clock.now());
  }

  #make(): Server {
    const server = createServer((request, response) => {
      this.#catchUp();
      this.rest.handle(request, response);
    });
    server.on("connection", (socket: Socket) => this.#track(socket));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    return server;
  }

  #track(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // A reset by the peer is an event of everyday life here; `close` follows and does the work.
    socket.on("error", () => {});
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#catchUp();
    if (this.exchange.switches.on("hang_upgrade", this.exchange.time) && this.#hung < MAX_HUNG) {
      this.#hung += 1;
      socket.once("close", () => (this.#hung -= 1));
      return;
    }
    const status = this.#refusal(request);
    if (status === null)
      this.#ws.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, socket, request));
    else this.#refuse(socket, status);
  }

  /** The HTTP status an upgrade is refused with, or null. */
  #refusal(request: IncomingMessage): string | null {
    const { switches, time, venue } = this.exchange;
    if (switches.on("refuse_connections", time) || switches.on("dns_failure", time))
      return "503 Service Unavailable";
    if (!this.#connects.take(this.exchange.wallMs())) return "429 Too Many Requests";
    if (this.exchange.endpointOf(request.url ?? "/") === null) return "404 Not Found";
    if (venue.apiKey !== undefined && !request.headers[venue.apiKey.header.toLowerCase()])
      return "401 Unauthorized";
    const missing = Object.keys(venue.headers).find(
      (name) => request.headers[name.toLowerCase()] === undefined,
    );
    return missing === undefined ? null : "403 Forbidden";
  }

  #refuse(socket: Duplex, status: string): void {
    this.exchange.stats.refused += 1;
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  #accept(ws: WebSocket, socket: Duplex, request: IncomingMessage): void {
    const { stats } = this.exchange;
    const wire = new SocketWire(ws, socket, this.#options.maxBuffered, () => (stats.slow += 1));
    const session = this.exchange.connect(request.url ?? "/", wire);
    if (session === null) return ws.close(1008, "no such path");
    ws.on("message", (data: Buffer) => this.#message(session, data));
    ws.on("ping", (payload: Buffer) => {
      if (session.spend()) wire.pong(payload);
    });
    ws.on("pong", () => {
      wire.unanswered = 0;
      session.spend();
    });
    ws.on("error", () => ws.terminate());
    ws.once("close", () => this.exchange.disconnect(session));
  }

  #message(session: Session, data: Buffer): void {
    this.#catchUp();
    this.exchange.stats.received += 1;
    session.receive(data.toString("utf8"));
  }

  /** Cuts clients that left too many pings unanswered. */
  cutDeaf(): void {
    for (const session of this.exchange.sessions) {
      const wire = session.wire as SocketWire;
      if (wire.unanswered <= MAX_UNANSWERED || wire.frozen) continue;
      this.exchange.stats.deaf += 1;
      wire.close(1008, "pings were not answered");
    }
  }
}
