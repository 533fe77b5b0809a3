import { isRecord } from "./ack.ts";
import type { NatsLink } from "./link.ts";
import type { StreamOptions } from "./options.ts";

/** JetStream's own requests: JSON on subjects (nats-server, ADR-1). */

const API = "$JS.API";
const NOT_FOUND = 404;
const S_TO_NS = 1_000_000_000;

type Answer = Readonly<Record<string, unknown>>;

/** Makes the stream, or makes it as wanted; where it is not ours to make, sees that it is there. */
export async function ensureStream(link: NatsLink, options: StreamOptions, prefix: string): Promise<void> {
  const { stream: name, stream_create: create } = options;
  const info = await ask(link, `STREAM.INFO.${name}`, {});
  if (codeOf(info) !== 0 && codeOf(info) !== NOT_FOUND) throw fault(`stream ${name}`, info);
  if (codeOf(info) === NOT_FOUND) {
    if (!create)
      throw new Error(`nats: expected a stream ${name}, saw none; make it, or set stream_create: true`);
    await done(link, `STREAM.CREATE.${name}`, wanted(options, prefix));
  } else if (create) await adjust(link, options, prefix, info);
}

async function adjust(link: NatsLink, options: StreamOptions, prefix: string, info: Answer): Promise<void> {
  const now = isRecord(info["config"]) ? info["config"] : {};
  const want = wanted(options, prefix);
  const same = Object.entries(want).every(
    ([key, value]) => JSON.stringify(now[key]) === JSON.stringify(value),
  );
  if (!same) await done(link, `STREAM.UPDATE.${options.stream}`, { ...now, ...want });
}

/** As the server calls it; -1 = no limit, times in ns. */
function wanted(options: StreamOptions, prefix: string): Readonly<Record<string, unknown>> {
  const age = options.max_age_s * S_TO_NS;
  const window = options.duplicate_window_s * S_TO_NS;
  return {
    name: options.stream,
    subjects: [`${prefix}.>`],
    retention: options.retention,
    storage: options.storage,
    num_replicas: options.replicas,
    max_age: age,
    max_bytes: options.max_bytes === 0 ? -1 : options.max_bytes,
    duplicate_window: age === 0 ? window : Math.min(window, age),
  };
}

/**
 * Sequence behind the last event of a lane that the stream holds, or null where it holds none. Messages are stored in the
 * order they were published in, and none is stored after one that was not, so everything before it was stored as well.
 */
export async function lastOf(link: NatsLink, stream: string, subjects: string): Promise<number | null> {
  const answer = await ask(link, `STREAM.MSG.GET.${stream}`, { last_by_subj: subjects });
  if (codeOf(answer) === NOT_FOUND) return null;
  const message = answer["message"];
  if (codeOf(answer) !== 0 || !isRecord(message)) throw fault(`the last message of ${subjects}`, answer);
  const text = Buffer.from(String(message["data"] ?? ""), "base64").toString();
  const next = endOf(text);
  if (next !== null) return next;
  throw new Error(
    `nats: expected messages of feedhorn in stream ${stream} at ${subjects}, saw ${JSON.stringify(text.slice(0, 80))}; choose another prefix`,
  );
}

/** Place in the log behind a message of scheme native. */
function endOf(text: string): number | null {
  try {
    const { log_seq: seq, slots } = JSON.parse(text) as { log_seq?: unknown; slots?: unknown };
    const known = typeof seq === "number" && typeof slots === "number";
    return known && Number.isSafeInteger(seq + slots) ? seq + slots : null;
  } catch {
    return null;
  }
}

async function done(link: NatsLink, request: string, body: object): Promise<void> {
  const answer = await ask(link, request, body);
  if (codeOf(answer) !== 0) throw fault(request, answer);
}

async function ask(link: NatsLink, request: string, body: object): Promise<Answer> {
  const text = await link.request(`${API}.${request}`, JSON.stringify(body));
  const answer: unknown = JSON.parse(text);
  return isRecord(answer) ? answer : {};
}

/** 0 for an answer that is no error. */
function codeOf(answer: Answer): number {
  const { error } = answer;
  return isRecord(error) ? Number(error["code"] ?? 1) : 0;
}

function fault(what: string, answer: Answer): Error {
  const { error } = answer;
  const words = isRecord(error)
    ? `${String(error["description"])} (${String(error["err_code"])})`
    : "nothing";
  return new Error(`nats: expected ${what}, saw: ${words}`);
}
