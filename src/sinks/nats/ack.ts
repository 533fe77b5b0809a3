/** What JetStream answers to a message: it has it, or it has it not, and why. */
export type Ack =
  | { readonly ok: true; readonly duplicate: boolean }
  | { readonly ok: false; readonly code: number; readonly reason: string };

/** err_code of the server (nats-server, server/errors.json). */
const WRONG_LAST_ID = 10_070;
/** The message is longer than the stream takes, its headers are: no second attempt changes that. */
const OF_THE_RECORD: ReadonlySet<number> = new Set([10_054, 10_097]);

/** Nobody listens where it was sent to: no stream has the subject, or JetStream is off. */
const NO_RESPONDERS = 503;

/** `status`: of an answer without a body, 0 for others. An answer that is none is an error: it says nothing of what is stored. */
export function readAck(text: string, status: number): Ack {
  if (status === NO_RESPONDERS)
    return refusal(status, "expected a stream for this subject, saw none; is JetStream on?");
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return refusal(0, `expected an answer of JetStream, saw ${JSON.stringify(text.slice(0, 80))}`);
  }
  return isRecord(answer) ? ackOf(answer) : refusal(0, "expected an answer of JetStream, saw no object");
}

function ackOf(answer: Readonly<Record<string, unknown>>): Ack {
  const { error } = answer;
  if (isRecord(error))
    return refusal(
      Number(error["err_code"] ?? error["code"] ?? 0),
      String(error["description"] ?? "without words"),
    );
  if (typeof answer["seq"] !== "number" || answer["seq"] < 1)
    return refusal(0, "expected the place in the stream, saw none");
  return { ok: true, duplicate: answer["duplicate"] === true };
}

function refusal(code: number, reason: string): Ack {
  return { ok: false, code, reason };
}

/** It was refused because another one before it was: it says nothing of its own. */
export function isOutOfOrder(ack: Ack): boolean {
  return !ack.ok && ack.code === WRONG_LAST_ID;
}

/** It is this message, and it will be the same whenever it is sent. */
export function isOfTheRecord(ack: Ack): boolean {
  return !ack.ok && OF_THE_RECORD.has(ack.code);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
