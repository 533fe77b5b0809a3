import { addressOf } from "../../sinks/postgres/settings.ts";
import { consumeEnvironment } from "../config/consume.ts";
import type { ConsumeEnvironment } from "../config/consume.ts";
import type { Environment } from "../config/env.ts";
import { topicOf, webSocketOf } from "./sources.ts";
import type { ConsumeSettings, KafkaSettings, PulsarSettings } from "./settings.ts";

/** What the command line says, as it says it. */
export interface ConsumeOptions {
  readonly from: "kafka" | "pulsar";
  readonly brokers?: string;
  readonly topic?: string;
  readonly group: string;
  readonly sasl?: "plain" | "scram-sha-256" | "scram-sha-512" | undefined;
  readonly username?: string;
  readonly pulsarUrl?: string;
  readonly subscription: string;
  readonly caFile?: string;
  readonly start: "earliest" | "latest";
  readonly deadLetter?: string;
  readonly scheme: "gemini" | "native";
  readonly pg?: string;
  readonly schema: string;
  readonly create: boolean;
  readonly keepDays: number;
  readonly batch: number;
  readonly maxBytes: number;
}

const TIMEOUT_MS = 30_000;

/** Flags before the environment, the environment before the defaults. RangeError for a dsn that cannot be read. */
export function consumeSettings(options: ConsumeOptions, env?: Environment): ConsumeSettings {
  const around = consumeEnvironment(env);
  const { start, scheme, schema, create, keepDays, batch, maxBytes } = options;
  const address = addressOf({ dsn: options.pg ?? around.dsn, timeout_ms: TIMEOUT_MS }, {});
  const password = address.password ?? around.pgPassword;
  const source = options.from === "kafka" ? kafkaOf(options, around) : pulsarOf(options, around);
  const secrets = [password, around.kafkaPassword, around.pulsarToken];
  return {
    source,
    from: start,
    scheme,
    address: { ...address, ...(password === undefined ? {} : { password }) },
    schema,
    create,
    keepDays,
    batch,
    maxBytes,
    secrets: secrets.filter((one) => one !== undefined),
  };
}

function kafkaOf(options: ConsumeOptions, around: ConsumeEnvironment): KafkaSettings {
  const topic = options.topic ?? around.topic;
  const { group, sasl, username, caFile, deadLetter = `${topic}.dead` } = options;
  return {
    type: "kafka",
    brokers: options.brokers?.split(",").map((one) => one.trim()) ?? around.brokers,
    topic,
    group,
    deadLetterTopic: deadLetter,
    ...(sasl === undefined ? {} : { sasl }),
    ...(username === undefined ? {} : { username }),
    ...(around.kafkaPassword === undefined ? {} : { password: around.kafkaPassword }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function pulsarOf(options: ConsumeOptions, around: ConsumeEnvironment): PulsarSettings {
  const topic = options.topic ?? around.topic;
  const { subscription, caFile, deadLetter = `${topic}.dead` } = options;
  const url = options.pulsarUrl ?? around.pulsarUrl;
  // What is written wrongly is told at once, not tried again and again.
  webSocketOf(url);
  topicOf(topic);
  return {
    type: "pulsar",
    url,
    topic,
    subscription,
    deadLetterTopic: deadLetter,
    ...(around.pulsarToken === undefined ? {} : { token: around.pulsarToken }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}
