import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FaultLog } from "./fault-log.ts";
import type { Injector } from "./injector.ts";
import { parseEntry } from "./script.ts";
import type { Truth } from "./truth.ts";

/** Largest body of a request, bytes. */
const MAX_BODY = 65_536;

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  readonly truth: Truth;
  readonly log: FaultLog;
  readonly injector: Injector;
  readonly stats: () => unknown;
}

interface Reply {
  status: number;
  body: unknown;
}

/**
 * The simulator's own small HTTP interface: GET /truth, /books, /faults, /stats and POST /faults (inject one now).
 * Requests that carry an Origin are refused: a web page has no business here.
 */
export class Control {
  readonly #options: ControlOptions;
  readonly #server: Server;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  get url(): string {
    const { host } = this.#options;
    const { port } = this.#server.address() as AddressInfo;
    return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host, resolve);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const reply = ({ status, body }: Reply): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.headers.origin !== undefined) return reply({ status: 403, body: { error: "no web pages" } });
    if (request.method !== "POST") return reply(this.#get(new URL(request.url ?? "/", "http://simulator")));
    readBody(request).then(
      (text) => reply(this.#inject(request.url ?? "/", text)),
      (error: unknown) => reply({ status: 413, body: { error: String(error) } }),
    );
  }

  #get(url: URL): Reply {
    const { truth, log, stats } = this.#options;
    if (url.pathname === "/truth") return this.#truth(url.searchParams);
    if (url.pathname === "/books") return { status: 200, body: truth.list() };
    if (url.pathname === "/faults") return { status: 200, body: log.records };
    if (url.pathname === "/stats") return { status: 200, body: stats() };
    return { status: 404, body: { error: "expected /truth, /books, /faults or /stats" } };
  }

  #truth(query: URLSearchParams): Reply {
    const venue = query.get("venue");
    const symbol = query.get("symbol");
    if (venue === null || symbol === null)
      return { status: 400, body: { error: "expected /truth?venue=&symbol=[&seq= or &ts=][&depth=]" } };
    const depth = Number(query.get("depth") ?? 0);
    const key = query.get("seq") ?? query.get("ts") ?? undefined;
    const state = this.#options.truth.at({ venue, symbol, depth, seq: key });
    if (state === null)
      return { status: 404, body: { error: `no state of ${venue} ${symbol} under ${key}; see /books` } };
    return { status: 200, body: { venue, symbol, depth, ...state } };
  }

  #inject(path: string, text: string): Reply {
    if (path !== "/faults") return { status: 404, body: { error: "expected POST /faults" } };
    try {
      const reached = this.#options.injector.inject(parseEntry(JSON.parse(text), "fault"));
      return { status: 200, body: { reached } };
    } catch (error) {
      return { status: 400, body: { error: (error as Error).message } };
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY) throw new RangeError(`expected at most ${MAX_BODY} bytes`);
  }
  return text;
}
