import type { TlsOptions } from "../kit/tls.ts";
import type { Delivery } from "../sink.ts";

/** Its part of the configuration; the meaning of each key stands in docs/sinks/redis.md. */
export interface RedisOptions {
  readonly delivery?: Delivery | undefined;
  readonly url: string;
  readonly username?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly scheme: "native" | "b25" | "alphapulse" | "md-ingest";
  readonly prefix?: string | undefined;
  readonly outputs: readonly ("pubsub" | "streams" | "latest")[];
  readonly depth: number;
  readonly levels: "array" | "object";
  readonly expire_s?: number | undefined;
  readonly stream_max?: number | undefined;
  readonly buffer_events: number;
  readonly buffer_ms?: number | undefined;
  readonly queue_events: number;
  readonly pending_keys: number;
  readonly connect_ms: number;
  readonly answer_ms: number;
}

/** What of it a scheme has of its own. */
interface SchemeDefaults {
  readonly prefix: string;
  readonly expireS: number;
  readonly streamMax: number;
  readonly bufferMs: number;
}

export const SCHEME_DEFAULTS: Readonly<Record<RedisOptions["scheme"], SchemeDefaults>> = {
  native: { prefix: "feedhorn", expireS: 0, streamMax: 100_000, bufferMs: 0 },
  b25: { prefix: "", expireS: 300, streamMax: 0, bufferMs: 0 },
  // BUFFER_SIZE 1000 and BATCH_TIMEOUT_MS 100 there.
  alphapulse: { prefix: "", expireS: 0, streamMax: 100_000, bufferMs: 100 },
  "md-ingest": { prefix: "md:v1", expireS: 0, streamMax: 0, bufferMs: 0 },
};

/** About so many entries of a lane's log, unless something else is said: some hundreds of MB in the server. */
export const LOG_ENTRIES = 1_000_000;
