import { RingReader, SCOPE, WORD, slotFlags, slotInstrument, slotKind } from "../../log/index.ts";
import type { Region, SlotViews } from "../../log/index.ts";
import { FLAG, KIND, VALIDITY, halvesToNumber, halvesToText } from "../../model/index.ts";

/** Trades of one instrument as the log has them. */
export interface HeardTrades {
  /** Ids in the order of the log. */
  readonly ids: number[];
  /** Ids that were fetched, not sent. */
  readonly fetched: Set<number>;
  /** Ids that stand on the log twice, as text. */
  readonly twice: string[];
}

/** Follows the ring like any reader and keeps the ids of trades: a second opinion beside the ledger, with nothing in common. */
export class HeardReader {
  readonly reader: RingReader;
  readonly #heard = new Map<number, HeardTrades>();
  /** Ids on the log since an instrument was listed last. */
  readonly #once = new Map<number, Set<string>>();

  constructor(region: Region) {
    this.reader = new RingReader(region.control, region.slots);
    this.reader.seekOldest();
  }

  poll(): void {
    this.reader.poll(this.#slot, 1 << 20);
  }

  of(instrument: number): HeardTrades {
    let heard = this.#heard.get(instrument);
    if (heard === undefined)
      this.#heard.set(instrument, (heard = { ids: [], fetched: new Set(), twice: [] }));
    return heard;
  }

  readonly #slot = (slots: SlotViews, word: number): void => {
    const { i32 } = slots;
    const kind = slotKind(slots, word);
    const instrument = slotInstrument(slots, word);
    if (kind === KIND.STATUS) this.#status(instrument, i32[word + WORD.TAIL]!);
    if (kind !== KIND.TRADE) return;
    const [hi, lo] = [i32[word + WORD.TRADE_ID + 1]!, i32[word + WORD.TRADE_ID]!];
    const heard = this.of(instrument);
    const id = halvesToNumber(hi, lo);
    heard.ids.push(id);
    if ((slotFlags(slots, word) & FLAG.RECOVERED) !== 0) heard.fetched.add(id);
    this.#note(instrument, heard, halvesToText(hi, lo));
  };

  #note(instrument: number, { twice }: HeardTrades, id: string): void {
    let once = this.#once.get(instrument);
    if (once === undefined) this.#once.set(instrument, (once = new Set()));
    if (once.has(id)) twice.push(id);
    once.add(id);
  }

  /** An instrument that leaves the list and comes back is another one: nobody remembers its trades. */
  #status(instrument: number, tail: number): void {
    const halted = (tail & 0xff) === SCOPE.BOOK && ((tail >>> 8) & 0xff) === VALIDITY.HALTED;
    if (halted) this.#once.delete(instrument);
  }
}
