import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import type { TlsFiles } from "../kit/tls.ts";

export interface RestOptions {
  readonly base: string;
  readonly token?: string | undefined;
  readonly tls: TlsFiles | null;
  readonly timeoutMs: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Longest answer that is looked at. */
const MOST_BYTES = 1 << 20;

/** Pulsar's admin interface: what cannot be asked over a WebSocket. */
export class PulsarRest {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** A JSON answer; null where there is no such thing (404). */
  async get(path: string): Promise<unknown> {
    const { status, body } = await this.#ask("GET", path);
    if (status === 404) return null;
    if (status !== 200) throw this.#wrong("GET", path, status, body);
    return JSON.parse(body) as unknown;
  }

  /** "there": it was there already (409). */
  async put(path: string, body: unknown): Promise<"made" | "there"> {
    const answer = await this.#ask("PUT", path, JSON.stringify(body));
    if (answer.status === 409) return "there";
    if (answer.status >= 300) throw this.#wrong("PUT", path, answer.status, answer.body);
    return "made";
  }

  #wrong(method: string, path: string, status: number, body: string): Error {
    const words = body.slice(0, 300);
    return new Error(
      `asked Pulsar ${method} ${this.#options.base}${path}: expected 200, saw ${status} ${words}; is admin_url right, and may the token's role do that?`,
    );
  }

  #ask(method: string, path: string, body?: string): Promise<Answer> {
    const { base, token, tls, timeoutMs } = this.#options;
    const url = `${base}${path}`;
    const ask = url.startsWith("https:") ? overHttps : overHttp;
    const headers = {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void =>
        reject(
          new Error(`asked Pulsar ${method} ${url}: expected an answer, saw ${error.message}`, {
            cause: error,
          }),
        );
      const asked = ask(url, { method, headers, agent: false, ...tls }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          if (text.length < MOST_BYTES) text += piece;
        });
        response.on("error", failed);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`none within ${timeoutMs} ms`)));
      asked.on("error", failed);
      asked.end(body);
    });
  }
}
