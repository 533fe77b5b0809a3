import { MessageRingWriter } from "../../log/compat-message-ring.ts";
import { DepthReader, EventReader } from "../../log/index.ts";
import type { EventNames, InstrumentRow, Region, SlotViews } from "../../log/index.ts";
import { KIND } from "../../model/index.ts";
import { openMessageRing } from "../../store/compat-region.ts";
import type { CompatRegion } from "../../store/compat-region.ts";
import type { MessageRingConfig } from "../config/compat.ts";
import type { CompatFiles, FileCounts } from "./files.ts";
import type { Taker } from "./followed.ts";

/**
 * A ring of JSON messages: trades and best quotes as `feedhorn tail` prints them, and after each change of a book its best levels with
 * their validity: {"type":"depth",...,"bids":[[price, size], ..],"asks":[..],"seq":"..","ts_event":..,"ts_recv":..,"validity":"live"}.
 */
export class MessageRing implements CompatFiles {
  readonly #path: string;
  readonly #levels: number;
  readonly #names: EventNames;
  readonly #events: EventReader;
  readonly #depth: DepthReader;
  #region: CompatRegion;
  #writer: MessageRingWriter;
  #written = 0;
  #unfit = 0;
  #emptied = 0;

  /** Throws CompatFileError. */
  constructor({ file, depth }: Pick<MessageRingConfig, "file" | "depth">, region: Region) {
    this.#path = file;
    this.#levels = depth;
    this.#names = region.names();
    this.#events = new EventReader(this.#names);
    this.#depth = new DepthReader(region.depth);
    this.#region = openMessageRing(file);
    this.#writer = new MessageRingWriter(this.#region.buffer);
  }

  /** Who writes the messages of one instrument; `listed` tells which, before anything of it comes. */
  taker(): Taker & { listed(row: InstrumentRow): void } {
    let row: InstrumentRow | null = null;
    return {
      listed: (found) => {
        row = found;
      },
      slot: (slots, word, kind) => this.#slot(slots, word, kind),
      depth: (shown) => this.#book(row, shown !== null),
    };
  }

  get counts(): readonly FileCounts[] {
    return [{ path: this.#path, written: this.#written, emptied: this.#emptied, unfit: this.#unfit }];
  }

  restore(): readonly string[] {
    if (this.#region.intact()) return [];
    this.#region = openMessageRing(this.#path);
    this.#writer = new MessageRingWriter(this.#region.buffer);
    return [this.#path];
  }

  /** The memory stays mapped as long as the process lives. */
  close(): void {}

  #slot(slots: SlotViews, word: number, kind: number): void {
    if (kind === KIND.TRADE || kind === KIND.QUOTE) this.#push(this.#events.accept(slots, word));
  }

  /** `live`: whether its levels may be shown; otherwise there are none in the message. */
  #book(row: InstrumentRow | null, live: boolean): void {
    const depth = row === null ? null : this.#depth.read(row.id);
    if (row === null || depth === null) return;
    const { symbol, canonical: instrument, venueCode } = row;
    const { bids, asks, seq, tsEvent, tsRecv, validity } = depth;
    const best = <T>(levels: readonly T[]): readonly T[] => (live ? levels.slice(0, this.#levels) : []);
    if (!live) this.#emptied += 1;
    this.#push({
      type: "depth",
      venue: this.#names.venue(venueCode),
      symbol,
      instrument,
      bids: best(bids),
      asks: best(asks),
      seq,
      ts_event: tsEvent === 0 ? null : tsEvent,
      ts_recv: tsRecv,
      validity: live || validity !== "live" ? validity : "stale",
    });
  }

  #push(message: object | null): void {
    if (message === null) return;
    if (this.#writer.push(JSON.stringify(message))) this.#written += 1;
    else this.#unfit += 1;
  }
}
