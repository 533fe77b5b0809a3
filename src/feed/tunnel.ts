import { Agent, request } from "node:http";
import type { ClientRequestArgs, RequestOptions } from "node:http";
import { connect } from "node:tls";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

type Done = (error: Error | null, socket: Duplex) => void;
type Target = ClientRequestArgs & { servername?: string };

/**
 * Opens connections through an HTTP proxy with CONNECT (RFC 9110, 9.3.6), TLS inside the tunnel where the target wants
 * it. Credentials in the proxy's URL go to the proxy only.
 */
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
    const asking = request(this.#connectOptions(authority));
    asking.once("connect", (response, socket: Socket) => {
      if (response.statusCode === 200) return secure ? wrap(socket, options, finish) : finish(null, socket);
      socket.destroy();
      return fail(finish, `proxy answered ${response.statusCode} to CONNECT ${authority}`);
    });
    asking.once("timeout", () =>
      asking.destroy(new Error(`proxy did not answer within ${this.#timeoutMs} ms`)),
    );
    asking.once("error", (error) => fail(finish, `proxy: ${error.message}`));
    asking.end();
    return undefined;
  }

  #connectOptions(authority: string): RequestOptions {
    const { hostname, port, username, password } = this.#proxy;
    const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString(
      "base64",
    );
    const headers: Record<string, string> = { host: authority };
    if (username !== "") headers["proxy-authorization"] = `Basic ${secret}`;
    return {
      host: hostname,
      port: port || 80,
      method: "CONNECT",
      path: authority,
      headers,
      timeout: this.#timeoutMs,
    };
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
