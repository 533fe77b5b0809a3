import type { SlotBatch } from "../sink.ts";
import { CLICK_TABLES, quoted } from "./layout.ts";
import type { Server } from "./server.ts";

const NONE: ReadonlySet<number> = new Set();

/**
 * What of a lane is there already. After a crash the host begins at its cursor, and rows behind it may have been written: they are asked for and left
 * out, batch by batch, until a lane is past the last of them. So no mark has to be kept at the vendor, and a cursor that is too old does no harm.
 */
export class Known {
  readonly #server: Server;
  readonly #database: string;
  /** Last sequence that is there, by lane; nothing behind it has to be asked for. */
  readonly #last = new Map<string, number>();

  constructor(server: Server, database: string) {
    this.#server = server;
    this.#database = database;
  }

  /** Sequences of rows of a batch, and of its holes, that are there. */
  async of({ lane, first, end, holes }: SlotBatch): Promise<ReadonlySet<number>> {
    const from = Math.min(first, ...holes.map((hole) => hole.first));
    let last = this.#last.get(lane);
    if (last === undefined) {
      last = await this.#lastOf(lane, from);
      this.#last.set(lane, last);
    }
    if (from > last) return NONE;
    const rows = await this.#ask("log_seq", lane, from, end, "");
    return new Set(rows.map(([seq]) => Number(seq)));
  }

  /** -1: none at or behind `from`. */
  async #lastOf(lane: string, from: number): Promise<number> {
    const rows = await this.#ask("max(log_seq)", lane, from, 2 ** 53, " HAVING count() > 0");
    return Math.max(-1, ...rows.map(([seq]) => Number(seq)));
  }

  #ask(what: string, lane: string, from: number, end: number, having: string): Promise<string[][]> {
    const words = { param_lane: lane, param_from: String(from), param_end: String(end) };
    const where = "lane = {lane:String} AND log_seq >= {from:UInt64} AND log_seq < {end:UInt64}";
    const parts = CLICK_TABLES.map(
      ({ name }) => `SELECT ${what} FROM ${quoted(this.#database)}.${quoted(name)} WHERE ${where}${having}`,
    );
    return this.#server.ask(parts.join(" UNION ALL "), words);
  }
}
