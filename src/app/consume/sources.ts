import { openKafkaSource } from "../../sinks/kafka/consumer.ts";
import type { MessageSource, SourceHost } from "../../sinks/kit/source.ts";
import type { ConsumeSettings } from "./settings.ts";

const CONNECT_MS = 5000;
const REQUEST_MS = 15_000;

/** A member of the group, of whichever broker. */
export function openSource(settings: ConsumeSettings, report: SourceHost["report"]): Promise<MessageSource> {
  const { source, from } = settings;
  const tls = source.caFile === undefined ? {} : { tls: { ca_file: source.caFile, insecure: false } };
  const times = { connect_timeout_ms: CONNECT_MS, request_timeout_ms: REQUEST_MS };
  const name = "feedhorn-consume";
  if (source.type === "pulsar")
    throw new Error("--from pulsar: expected a source, saw none in this build; use kafka");
  const { brokers, topic, group, deadLetterTopic, sasl, username, password } = source;
  return openKafkaSource(
    { brokers, topic, group, from, dead_letter_topic: deadLetterTopic, sasl, username, ...times, ...tls },
    { name, report, secrets: password === undefined ? {} : { password_env: password } },
  );
}
