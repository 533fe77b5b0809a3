import type { Connection } from "./connection.ts";
import { RedisError } from "./resp-reader.ts";
import type { Reply } from "./resp-reader.ts";

/** Longest argument that a server takes unless it is told otherwise. */
const DEFAULT_BULK = 512 * 1024 * 1024;

/** The stream of one lane: ids are `<log_seq>-1`. */
export class LaneStream {
  readonly lane: string;
  readonly key: string;
  /** Sequence behind its newest entry; null when it holds none. */
  readonly next: number | null;

  private constructor(lane: string, key: string, next: number | null) {
    this.lane = lane;
    this.key = key;
    this.next = next;
  }

  static async open(connection: Connection, prefix: string, lane: string): Promise<LaneStream> {
    const key = `${prefix}:log:${lane}`;
    const newest = await connection.ask("XREVRANGE", key, "+", "-", "COUNT", "1").catch((error: unknown) => {
      if (!(error instanceof RedisError)) throw error;
      throw new Error(`stream ${key}: expected to read its newest entry, saw "${error.message}"`);
    });
    return new LaneStream(lane, key, behind(key, newest));
  }
}

/** Of the answer to XREVRANGE: [[id, [field, value, ...]]]. */
function behind(key: string, reply: Reply): number | null {
  const entry = Array.isArray(reply) ? reply[0] : undefined;
  if (!Array.isArray(entry)) return null;
  const [id, fields] = entry;
  const text = Array.isArray(fields) ? fields[1] : null;
  const seq = /^(\d+)-1$/.exec(String(id))?.[1];
  const slots = typeof text === "string" ? /^\{"lane":[^{}]*?,"slots":(\d+)/.exec(text)?.[1] : undefined;
  if (seq === undefined || slots === undefined)
    throw new Error(
      `stream ${key}: expected entries of this sink ("<log_seq>-1" with the field data), saw ${String(id).slice(0, 40)}; give the sink another prefix`,
    );
  return Number(seq) + Number(slots);
}

/** Why a crash of the server could cost what it has confirmed, in words; null when it would not, or cannot be known. */
export async function persistence(connection: Connection): Promise<string | null> {
  const info = await connection.ask("INFO", "persistence").catch(() => null);
  if (typeof info !== "string" || !info.includes("aof_enabled:0")) return null;
  return "expected an append-only file (appendonly yes), saw none: what the server loses when it ends is lost";
}

/** Longest argument that the server takes, bytes; its default where it does not say. */
export async function mostBulkBytes(connection: Connection): Promise<number> {
  const reply = await connection.ask("CONFIG", "GET", "proto-max-bulk-len").catch(() => null);
  const value = Array.isArray(reply) ? Number(reply[1]) : NaN;
  return value > 0 ? value : DEFAULT_BULK;
}
