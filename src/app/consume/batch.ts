import type { MessageSource, SourceMessage } from "../../sinks/kit/source.ts";
import type { ConsumedRow, ConsumedTable } from "../../sinks/postgres/consumed.ts";
import { payloadOf } from "./payload.ts";
import type { PayloadLimits } from "./payload.ts";
import type { ConsumeSettings } from "./settings.ts";

const DAY_MS = 86_400_000;

interface Dead {
  readonly message: SourceMessage;
  readonly reason: string;
}

/** Messages of one hand-over on their way: rows first, then what is no row, then the commit. Each step may be tried again. */
export class Batch {
  readonly messages: readonly SourceMessage[];
  readonly expired: number;
  rows = 0;
  repeated = 0;
  buried = 0;
  readonly #good: { readonly message: SourceMessage; readonly row: ConsumedRow }[] = [];
  readonly #dead: Dead[] = [];
  #written = false;

  constructor(
    messages: readonly SourceMessage[],
    { scheme, keepDays, maxBytes }: ConsumeSettings,
    now: number,
  ) {
    this.messages = messages;
    const limits: PayloadLimits = { maxBytes, now };
    const oldest = keepDays === 0 ? 0 : now - keepDays * DAY_MS;
    let expired = 0;
    for (const message of messages) {
      const payload = payloadOf(message, scheme, limits);
      if ("poison" in payload) this.#dead.push({ message, reason: payload.poison });
      else if (payload.row.at < oldest) expired += 1;
      else this.#good.push({ message, row: payload.row });
    }
    this.expired = expired;
  }

  /** What is in the table after it stays known, so nothing is written twice when a later step fails. */
  async write(table: ConsumedTable): Promise<void> {
    if (this.#written) return;
    const { rows, refused } = await table.insert(this.#good.map(({ row }) => row));
    this.rows = rows;
    this.repeated = this.#good.length - rows - refused.length;
    for (const { index, reason } of refused) this.#dead.push({ message: this.#good[index]!.message, reason });
    this.#written = true;
  }

  /** Tells each one that is buried. */
  async bury(source: MessageSource, told: (dead: Dead) => void): Promise<void> {
    for (let one = this.#dead[0]; one !== undefined; one = this.#dead[0]) {
      await source.deadLetter(one.message, one.reason);
      this.#dead.shift();
      this.buried += 1;
      told(one);
    }
  }
}
