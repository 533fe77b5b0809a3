/** Kafka's error codes that something is done about (kafka.apache.org/protocol#protocol_error_codes). */
export const CODE = {
  OFFSET_OUT_OF_RANGE: 1,
  UNKNOWN_TOPIC: 3,
  MESSAGE_TOO_LARGE: 10,
  RECORD_LIST_TOO_LARGE: 18,
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  INVALID_TIMESTAMP: 32,
  TOPIC_EXISTS: 36,
  OUT_OF_ORDER_SEQUENCE: 45,
  DUPLICATE_SEQUENCE: 46,
  INVALID_PRODUCER_EPOCH: 47,
  UNKNOWN_PRODUCER: 59,
  INVALID_RECORD: 87,
} as const;

/** LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, REPLICA_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, _NOT_AVAILABLE, NOT_COORDINATOR, OFFSET_NOT_AVAILABLE. */
const PASSING: ReadonlySet<number> = new Set([5, 6, 9, 14, 15, 16, 78]);

/** Something of the cluster is on its way to its place: in a moment the answer is another one. */
export function passes(error: unknown): boolean {
  return codesOf(error).some((code) => PASSING.has(code));
}

/** The broker says no to a record by itself, whoever sends it and whenever. */
export function refuses(code: number): boolean {
  return (
    code === CODE.MESSAGE_TOO_LARGE ||
    code === CODE.RECORD_LIST_TOO_LARGE ||
    code === CODE.INVALID_TIMESTAMP ||
    code === CODE.INVALID_RECORD
  );
}

/** The log does not go on where we thought: what is there has to be read before anything more is written. */
export function outOfStep(code: number): boolean {
  return (
    code === CODE.OUT_OF_ORDER_SEQUENCE ||
    code === CODE.DUPLICATE_SEQUENCE ||
    code === CODE.INVALID_PRODUCER_EPOCH ||
    code === CODE.UNKNOWN_PRODUCER
  );
}

const MOST_WORDS = 400;
const MOST_DEPTH = 8;

/** What an error of the library says, with what it says of its causes, each once. Nothing but messages: other fields may hold credentials. */
export function wordsOf(error: unknown): string {
  const words = new Set<string>();
  gather(error, words, 0);
  return [...words].join("; ").slice(0, MOST_WORDS) || "no reason";
}

function gather(error: unknown, words: Set<string>, depth: number): void {
  if (depth > MOST_DEPTH || !(error instanceof Error)) return;
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  // "metadata failed 4 times." says nothing that its causes do not
  if (inner.length === 0 && error.message !== "") words.add(error.message.replace(/\.$/, ""));
  for (const one of inner.slice(0, 4)) gather(one, words, depth + 1);
  gather(error.cause, words, depth + 1);
}

/** Codes of the protocol anywhere in an error of the library. */
export function codesOf(error: unknown, depth = 0): number[] {
  if (depth > MOST_DEPTH || !(error instanceof Error)) return [];
  const own = "apiCode" in error && typeof error.apiCode === "number" ? [error.apiCode] : [];
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [...own, ...inner.flatMap((one) => codesOf(one, depth + 1)), ...codesOf(error.cause, depth + 1)];
}
