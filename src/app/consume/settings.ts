import type { ConsumedScheme } from "../../sinks/postgres/consumed.ts";
import type { DatabaseOptions } from "../../sinks/postgres/client.ts";
import type { SourceStart } from "../../sinks/kit/source.ts";

/** Everything `feedhorn consume` is told. */
export interface ConsumeSettings {
  readonly source: KafkaSettings | PulsarSettings;
  readonly from: SourceStart;
  readonly scheme: ConsumedScheme;
  readonly address: Omit<DatabaseOptions, "application" | "waits">;
  readonly schema: string;
  readonly create: boolean;
  readonly keepDays: number;
  /** Messages of one insert. */
  readonly batch: number;
  readonly maxBytes: number;
  /** Values that are never said. */
  readonly secrets: readonly string[];
}

export interface KafkaSettings {
  readonly type: "kafka";
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly group: string;
  readonly deadLetterTopic: string;
  readonly sasl?: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username?: string;
  readonly password?: string;
  /** PEM file of the authorities to trust; unset: without TLS. */
  readonly caFile?: string;
}

export interface PulsarSettings {
  readonly type: "pulsar";
  readonly url: string;
  readonly topic: string;
  readonly subscription: string;
  readonly deadLetterTopic: string;
  readonly token?: string;
  readonly caFile?: string;
}

export const SCHEMES = ["gemini", "native"] as const;
