import { once } from "node:events";
import { Agent as HttpAgent, request as http } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as https } from "node:https";
import { SocketLost, unreachable } from "./http-error.ts";
import type { TlsFiles } from "./tls.ts";

export interface DoorOptions {
  /** For people: "QuestDB". */
  readonly vendor: string;
  /** http:// or https://, without credentials. */
  readonly url: string;
  readonly tls: TlsFiles | null;
  /** Sent with every request; they hold the credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Longest time of one request. */
  readonly timeoutMs: number;
  /** Told while an answer takes long, and null when it has come. */
  waits(what: string | null): void;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** Requests at once; more wait. */
const SOCKETS = 4;
const CONNECT_MS = 5000;
/** An answer that takes longer is told. */
const SLOW_MS = 2000;
/** Nobody we ask has more to say. */
const MOST_BYTES = 256 << 20;

/** Asks one HTTP server, over connections that are kept. What it throws says whom, what and why, and never what was sent. */
export class HttpDoor {
  readonly #options: DoorOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #url: URL;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    const kept = { keepAlive: true, maxSockets: SOCKETS };
    this.#agent =
      this.#url.protocol === "https:" ? new HttpsAgent({ ...kept, ...options.tls }) : new HttpAgent(kept);
  }

  /** Where it is. */
  get origin(): string {
    return this.#url.origin;
  }

  /** `path` begins with a slash; with a body it is a POST. Rejects with a SocketLost where no answer came. */
  async ask(
    path: string,
    body: Uint8Array | string | null = null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const { waits, vendor } = this.#options;
    let slow = false;
    const tell = setTimeout(() => {
      slow = true;
      waits(`${vendor} at ${this.origin} has not answered for ${SLOW_MS / 1000} s`);
    }, SLOW_MS);
    try {
      return await this.#asked(path, body, headers);
    } catch (error) {
      throw unreachable(vendor, this.origin, error);
    } finally {
      clearTimeout(tell);
      if (slow) waits(null);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A kept connection may be closed by the other side in the moment it is used: then once more, on a new one. */
  async #asked(
    path: string,
    body: Uint8Array | string | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    try {
      return await this.#once(path, body, headers);
    } catch (error) {
      if (!(error instanceof SocketLost && error.kept)) throw error;
      return this.#once(path, body, headers);
    }
  }

  async #once(
    path: string,
    body: Uint8Array | string | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    const length: Record<string, string> = bytes === null ? {} : { "content-length": String(bytes.length) };
    const asked = this.#request(path, bytes === null ? "GET" : "POST", {
      ...this.#options.headers,
      ...length,
      ...headers,
    });
    const answered = limited(asked, this.#options.timeoutMs);
    try {
      const come = once(asked, "response") as Promise<[IncomingMessage]>;
      asked.end(bytes);
      const [answer] = await come;
      return { status: answer.statusCode!, headers: answer.headers, text: await textOf(answer) };
    } catch (error) {
      const reset = (error as { code?: unknown }).code === "ECONNRESET";
      throw new SocketLost(error as Error, { kept: asked.reusedSocket && reset });
    } finally {
      answered();
    }
  }

  #request(path: string, method: string, headers: Record<string, string>): ClientRequest {
    const url = new URL(`${this.#url.pathname.replace(/\/$/, "")}${path}`, this.#url);
    const options = { agent: this.#agent, method, headers };
    // What goes wrong behind the answer is told by reading it.
    return (url.protocol === "https:" ? https(url, options) : http(url, options)).on(
      "error",
      () => undefined,
    );
  }
}

/** Gives up a request that takes too long, from when it has a connection to itself: others may come first. */
function limited(asked: ClientRequest, timeoutMs: number): () => void {
  const timers: NodeJS.Timeout[] = [];
  const giveUp = (what: string, ms: number): NodeJS.Timeout => {
    const timer = setTimeout(() => asked.destroy(new Error(`${what} within ${ms / 1000} s`)), ms);
    timers.push(timer);
    return timer;
  };
  asked.once("socket", (socket) => {
    giveUp("no answer", timeoutMs);
    if (!socket.connecting) return;
    const connecting = giveUp("no connection", CONNECT_MS);
    socket.once("connect", () => clearTimeout(connecting));
  });
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MOST_BYTES) throw new Error(`more than ${MOST_BYTES >> 20} MiB of answer`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
