import { openKafkaSource } from "../../sinks/kafka/consumer.ts";
import type { MessageSource, SourceHost } from "../../sinks/kit/source.ts";
import { openPulsarSource } from "../../sinks/pulsar/consumer.ts";
import type { ConsumeSettings, KafkaSettings, PulsarSettings } from "./settings.ts";

const TIMES = { connect_timeout_ms: 5000, request_timeout_ms: 15_000 } as const;
const NAME = "feedhorn-consume";

/** A member of the group, of whichever broker. */
export function openSource(
  { source, from }: Pick<ConsumeSettings, "source" | "from">,
  report: SourceHost["report"],
): Promise<MessageSource> {
  return source.type === "kafka" ? kafka(source, from, report) : pulsar(source, from, report);
}

function kafka(
  { brokers, topic, group, deadLetterTopic, sasl, username, password, caFile }: KafkaSettings,
  from: ConsumeSettings["from"],
  report: SourceHost["report"],
): Promise<MessageSource> {
  const options = { brokers, topic, group, from, dead_letter_topic: deadLetterTopic, sasl, username };
  const secrets: Record<string, string> = password === undefined ? {} : { password_env: password };
  return openKafkaSource({ ...options, ...TIMES, ...tlsOf(caFile) }, { name: NAME, report, secrets });
}

function pulsar(
  { url, topic: asked, subscription, deadLetterTopic, token, caFile }: PulsarSettings,
  from: ConsumeSettings["from"],
  report: SourceHost["report"],
): Promise<MessageSource> {
  const { tenant, namespace, topic } = topicOf(asked);
  const place = { url: webSocketOf(url), tenant, namespace, topic };
  const options = { ...place, subscription, from, dead_letter_topic: topicOf(deadLetterTopic).topic };
  const secrets: Record<string, string> = token === undefined ? {} : { token_env: token };
  return openPulsarSource({ ...options, ...TIMES, ...tlsOf(caFile) }, { name: NAME, report, secrets });
}

function tlsOf(caFile: string | undefined): { tls?: { ca_file: string; insecure: boolean } } {
  return caFile === undefined ? {} : { tls: { ca_file: caFile, insecure: false } };
}

const PORTS: Readonly<Record<string, string>> = { pulsar: "ws://$:8080", "pulsar+ssl": "wss://$:8443" };

/**
 * Where the WebSocket service of a broker is: of a URL of its own protocol (pulsar://host:6650) on the usual port of that host, else where it
 * says. Error without the URL, which may hold a password.
 */
export function webSocketOf(url: string): string {
  const [, scheme = "", host = "", port] =
    /^([a-z+]+):\/\/(\[[0-9a-fA-F:]+\]|[^\s/:@?#]+)(?::(\d{1,5}))?\/?$/.exec(url) ?? [];
  const usual = PORTS[scheme];
  if (usual !== undefined) return usual.replace("$", host);
  const own = /^(ws|http)(s?)$/.exec(scheme);
  if (own !== null) return `ws${own[2]}://${host}${port === undefined ? "" : `:${port}`}`;
  throw new Error(
    "--pulsar-url: expected pulsar://host:6650, or ws:// or http:// of its WebSocket service, without credentials",
  );
}

/** `trades`, `tenant/namespace/trades`, or the same behind persistent://. */
export function topicOf(name: string): { tenant: string; namespace: string; topic: string } {
  const parts = name.replace(/^persistent:\/\//, "").split("/");
  const [tenant, namespace, topic] = parts.length === 1 ? ["public", "default", parts[0]] : parts;
  if (parts.length !== 1 && parts.length !== 3)
    throw new Error(`--topic: expected a name or tenant/namespace/name, saw ${JSON.stringify(name)}`);
  return { tenant: tenant!, namespace: namespace!, topic: topic! };
}
