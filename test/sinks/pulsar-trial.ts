import { on } from "node:events";
import { readFileSync } from "node:fs";
import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { join } from "node:path";
import { WebSocket } from "ws";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

const PASSWORD = "key-of-tokens-7";
/** As docs/sinks/pulsar.md advises; and so that one topic can be given a limit of its own. */
const SET = {
  brokerDeduplicationEnabled: "true",
  topicLevelPoliciesEnabled: "true",
  systemTopicEnabled: "true",
};

/** Read over the reader's socket by code that knows nothing of the sink. */
export const trial: SinkTrial<Service> = {
  servers: {
    missing: () => services.missing("pulsar"),
    start: () => started(false),
  },
  options: optionsOf,
  env: ({ server }) => ({ PULSAR_TOKEN: tokenOf(server) }),
  read: messagesOf,
  // A broker refuses whole entries: what is refused of one is not in order with what was accepted behind it, so that is tried without entries.
  refusal: "with batching: false it is, in test/sinks/pulsar.test.ts",
  credentials: {
    options: optionsOf,
    env: ({ server }) => ({ PULSAR_TOKEN: `${tokenOf(server).slice(0, -12)}AAAAAAAAAAAA` }),
  },
  tls: { start: () => started(true), options: optionsOf },
};

export function optionsOf({ word, server }: TrialPlace<Service>): object {
  return {
    url: `${server.certs === null ? "ws" : "wss"}://${server.address}`,
    topic: word,
    token_env: "PULSAR_TOKEN",
    flush_ms: 100,
  };
}

export function tokenOf({ dir }: Service): string {
  return readFileSync(join(dir, "token"), "utf8").trim();
}

/** With messages kept that nobody has subscribed to. */
async function started(tls: boolean): Promise<Service> {
  const server = await startService("pulsar", { password: PASSWORD, tls, set: SET });
  const kept = { retentionTimeInMinutes: -1, retentionSizeInMB: -1 };
  const { status, body } = await ask(server, "POST", "/admin/v2/namespaces/public/default/retention", kept);
  if (status >= 300) throw new Error(`expected retention to be set, saw ${status} ${body}`);
  return server;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

export function ask(server: Service, method: string, path: string, said?: object | number): Promise<Answer> {
  const { address, certs } = server;
  const headers = { authorization: `Bearer ${tokenOf(server)}`, "content-type": "application/json" };
  const ca = certs === null ? {} : { ca: readFileSync(certs.ca, "utf8") };
  return new Promise((resolve, reject) => {
    const send = certs === null ? overHttp : overHttps;
    const url = `${certs === null ? "http" : "https"}://${address}${path}`;
    const request = send(url, { method, headers, agent: false, ...ca }, (response) => {
      let body = "";
      response.on("data", (piece: Buffer) => (body += piece.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, body }));
    });
    request.on("error", reject);
    request.end(said === undefined ? undefined : JSON.stringify(said));
  });
}

interface Told {
  readonly messageId: string;
  readonly payload: string;
  readonly key?: string;
  readonly properties: { readonly lane?: string };
}

interface LastId {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly batchIndex?: number;
}

/** Every message of a lane, in the topic's order. */
async function* messagesOf({ word, server }: TrialPlace<Service>, lane: string): AsyncIterable<Written> {
  const topic = `persistent/public/default/${word}`;
  const { status, body } = await ask(server, "GET", `/admin/v2/${topic}/lastMessageId`);
  if (status === 404) return;
  const last = JSON.parse(body) as LastId;
  if (last.entryId < 0) return;
  const { address, certs } = server;
  const url = `${certs === null ? "ws" : "wss"}://${address}/ws/v2/reader/${topic}?messageId=earliest`;
  const ca = certs === null ? {} : { ca: readFileSync(certs.ca, "utf8") };
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${tokenOf(server)}` }, ...ca });
  try {
    for await (const [data] of on(socket, "message")) {
      const { messageId, key, payload, properties } = JSON.parse(String(data)) as Told;
      if (properties.lane === lane) yield writtenOf(key ?? "", Buffer.from(payload, "base64").toString());
      if (isLast(messageId, last)) return;
      socket.send(JSON.stringify({ messageId }));
    }
  } finally {
    socket.terminate();
  }
}

/** Fields of the protocol buffer MessageIdData: 1 ledger, 2 entry, 4 place in the entry. */
function isLast(id: string, last: LastId): boolean {
  const bytes = Buffer.from(id, "base64");
  const fields: Record<number, number> = {};
  for (let at = 0; at < bytes.length;) {
    const field = bytes[at++]! >> 3;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    fields[field] = value;
  }
  const place = last.batchIndex ?? -1;
  return fields[1] === last.ledgerId && fields[2] === last.entryId && (fields[4] ?? -1) === place;
}

function writtenOf(key: string, text: string): Written {
  const event = JSON.parse(text) as { log_seq: number; slots: number; type: string };
  const { log_seq: seq, slots, type } = event;
  return type === "hole" ? { seq, slots, hole: true } : { seq, slots, key, event: { ...event } };
}
