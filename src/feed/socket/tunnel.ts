import { Agent, request } from "node:http";
import type { ClientRequest, ClientRequestArgs, RequestOptions } from "node:http";
import { connect } from "node:tls";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

type Done = (error: Error | null, socket: Duplex) => void;
type Target = ClientRequestArgs & { servername?: string };

/** How asking a proxy ended: a socket to the target, or why there is none. Exactly one of the two is called, once. */
export interface TunnelEvents {
  open(socket: Socket): void;
  failed(reason: string): void;
}

/**
 * Asks an HTTP proxy for a connection to `authority` (HOST:PORT) with CONNECT (RFC 9110, 9.3.6). Credentials in the
 * proxy's URL go to the proxy only. Destroying what is returned gives up.
 */
export function openTunnel(
  proxy: URL,
  authority: string,
  timeoutMs: number,
  events: TunnelEvents,
): ClientRequest {
  const asking = request(connectOptions(proxy, authority, timeoutMs));
  asking.once("connect", (response, socket: Socket, head: Buffer) => {
    // The timeout was that of the question; what goes through the tunnel may be silent for longer.
    socket.setTimeout(0);
    if (head.length > 0) socket.unshift(head);
    if (response.statusCode === 200) return events.open(socket);
    socket.destroy();
    return events.failed(`proxy answered ${response.statusCode} to CONNECT ${authority}`);
  });
  asking.once("timeout", () => asking.destroy(new Error(`proxy did not answer within ${timeoutMs} ms`)));
  asking.once("error", (error) => events.failed(`proxy: ${error.message}`));
  asking.end();
  return asking;
}

function connectOptions(proxy: URL, authority: string, timeout: number): RequestOptions {
  const { hostname: host, port, username, password } = proxy;
  const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const headers: Record<string, string> = { host: authority };
  if (username !== "") headers["proxy-authorization"] = `Basic ${secret.toString("base64")}`;
  return { host, port: port || 80, method: "CONNECT", path: authority, headers, timeout };
}

/** Opens the connections of node:http's clients through a proxy, TLS inside the tunnel where the target wants it. */
export class TunnelAgent extends Agent {
  /** Node refuses an agent whose protocol is not that of the request. */
  readonly protocol: "http:" | "https:";
  readonly #proxy: URL;
  readonly #timeoutMs: number;

  /** `secure`: the target speaks TLS (wss). */
  constructor(proxy: string, secure: boolean, timeoutMs: number) {
    super({ keepAlive: false });
    this.protocol = secure ? "https:" : "http:";
    this.#proxy = new URL(proxy);
    this.#timeoutMs = timeoutMs;
  }

  override createConnection(options: Target, done?: Done): undefined {
    const secure = this.protocol === "https:";
    const authority = `${options.host}:${options.port ?? (secure ? 443 : 80)}`;
    const finish: Done = done ?? (() => undefined);
    openTunnel(this.#proxy, authority, this.#timeoutMs, {
      open: (socket) => (secure ? wrap(socket, options, finish) : finish(null, socket)),
      failed: (reason) => fail(finish, reason),
    });
    return undefined;
  }
}

function wrap(socket: Socket, options: Target, done: Done): void {
  const secured = connect({ socket, servername: options.servername ?? options.host ?? undefined });
  secured.once("secureConnect", () => done(null, secured));
  secured.once("error", (error) => fail(done, error.message));
}

function fail(done: Done, message: string): void {
  (done as (error: Error) => void)(new Error(message));
}
