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

/** So often a dead letter is tried whole; what the topic still does not take is too long for it. */
const TRIES = 3;
/** What of such a message is kept. */
const CUT_BYTES = 65_536;

/** The message that could not be buried last, over batches and sessions. */
export class Stubborn {
  #place = "";
  #times = 0;

  failed(place: string): void {
    this.#times = place === this.#place ? this.#times + 1 : 1;
    this.#place = place;
  }

  /** The message as it is to be tried now. */
  fit(message: SourceMessage): SourceMessage {
    const { place, value, headers } = message;
    if (place !== this.#place || this.#times < TRIES || value.length <= CUT_BYTES) return message;
    const said = { ...headers, dead_letter_cut_from: String(value.length) };
    return { ...message, value: value.subarray(0, CUT_BYTES), headers: said };
  }
}

/** Messages of one hand-over on their way: rows first, then what is no row, then the commit. Each step may be tried again. */
export class Batch {
  readonly messages: readonly SourceMessage[];
  readonly expired: number;
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

  /** Once: what is in the table after it stays known, so a later step that fails does not write again. */
  async write(table: ConsumedTable): Promise<{ rows: number; repeated: number }> {
    if (this.#written) return { rows: 0, repeated: 0 };
    const { rows, refused } = await table.insert(this.#good.map(({ row }) => row));
    for (const { index, reason } of refused) this.#dead.push({ message: this.#good[index]!.message, reason });
    this.#written = true;
    return { rows, repeated: this.#good.length - rows - refused.length };
  }

  /** Tells each one that is buried. */
  async bury(source: MessageSource, stubborn: Stubborn, told: (dead: Dead) => void): Promise<void> {
    for (let one = this.#dead[0]; one !== undefined; one = this.#dead[0]) {
      try {
        await source.deadLetter(stubborn.fit(one.message), one.reason);
      } catch (error) {
        stubborn.failed(one.message.place);
        throw error;
      }
      this.#dead.shift();
      told(one);
    }
  }
}
