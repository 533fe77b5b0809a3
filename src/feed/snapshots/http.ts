import { Agent, ProxyAgent, request } from "undici";
import type { Dispatcher } from "undici";

const MAX_BODY = 32 * 1024 * 1024;
const TIMEOUT_MS = 15_000;
/** A venue that bans says for how long; if it does not, a minute is the shortest window any of them uses. */
const DEFAULT_RETRY_MS = 60_000;

export type HttpResult =
  | { readonly ok: true; readonly body: Buffer; readonly usedWeight: number }
  /** `retryMs` > 0: the venue asked for silence (429, 418, 503 with Retry-After). */
  | { readonly ok: false; readonly status: number; readonly reason: string; readonly retryMs: number };

/** Told of every answer that says when it was made: marks (monotonic ms) of the request and the answer, UNIX ms. */
export type Dated = (sent: number, date: number, received: number) => void;

/** GETs public REST bodies: bounded size and time, redirects refused, failures as values. */
export class Http {
  readonly #dispatcher: Dispatcher;
  readonly #headers: Record<string, string>;
  /** Set by who wants to know the venue's time. */
  dated: Dated | null = null;

  /** `proxy`: http(s) URL of a proxy to go through, or null. */
  constructor(headers: Readonly<Record<string, string>>, proxy: string | null = null) {
    const limits = {
      connections: 4,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      maxResponseSize: MAX_BODY,
    };
    this.#headers = { accept: "application/json", ...headers };
    this.#dispatcher = proxy === null ? new Agent(limits) : new ProxyAgent({ uri: proxy, ...limits });
  }

  async get(url: string, usedWeightHeader?: string): Promise<HttpResult> {
    const sent = performance.now();
    try {
      const response = await request(url, {
        dispatcher: this.#dispatcher,
        headers: this.#headers,
        signal: AbortSignal.timeout(TIMEOUT_MS * 2),
      });
      this.#date(sent, response.headers);
      const body = Buffer.from(await response.body.arrayBuffer());
      const used =
        usedWeightHeader === undefined
          ? NaN
          : Number(headerText(response.headers[usedWeightHeader.toLowerCase()]));
      if (response.statusCode === 200)
        return { ok: true, body, usedWeight: Number.isFinite(used) ? used : 0 };
      return refusal(response.statusCode, response.headers["retry-after"], body);
    } catch (error) {
      return {
        ok: false,
        status: 0,
        reason: error instanceof Error ? error.message : String(error),
        retryMs: 0,
      };
    }
  }

  /** An answer out of a cache was made at another time. */
  #date(sent: number, { date, age }: Record<string, string | string[] | undefined>): void {
    const ms = Date.parse(headerText(date) ?? "");
    if (this.dated !== null && age === undefined && ms > 0) this.dated(sent, ms, performance.now());
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function refusal(status: number, retryAfter: string | string[] | undefined, body: Buffer): HttpResult {
  const seconds = Number(headerText(retryAfter));
  const asked = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : DEFAULT_RETRY_MS;
  const retryMs = status === 429 || status === 418 || status === 503 ? asked : 0;
  return {
    ok: false,
    status,
    reason: `HTTP ${status} ${body.subarray(0, 200).toString("latin1").replace(/\s+/g, " ")}`,
    retryMs,
  };
}
