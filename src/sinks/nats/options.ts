import type { TlsOptions } from "../kit/tls.ts";

/** Its part of the configuration. */
export interface NatsOptions extends StreamOptions {
  readonly servers: readonly string[];
  readonly prefix: string;
  readonly mode: "jetstream" | "core";
  /** Messages sent and not yet confirmed, at most. */
  readonly in_flight: number;
  readonly user?: string | undefined;
  /** Path of a .creds file. */
  readonly credentials_file?: string | undefined;
  readonly tls?: TlsOptions | undefined;
}

export interface StreamOptions {
  readonly stream: string;
  /** Whether it is made, and changed where it is otherwise. */
  readonly stream_create: boolean;
  readonly storage: "file" | "memory";
  readonly replicas: number;
  readonly retention: "limits" | "interest" | "workqueue";
  /** 0 = for ever, all. */
  readonly max_age_s: number;
  readonly max_bytes: number;
  readonly duplicate_window_s: number;
}
