import { KIND, KIND_NAMES } from "../../model/index.ts";
import { SCOPE } from "../../log/index.ts";
import type { Commands, Value } from "./commands.ts";
import { NOT_YET, WAY } from "./scheme.ts";
import type { Place, Scheme, Voice, Waiting, Way } from "./scheme.ts";

export interface NativeOptions {
  readonly prefix: string;
  readonly outputs: readonly ("pubsub" | "streams" | "latest")[];
  /** Levels a side of books. */
  readonly depth: number;
  /** Entries of a stream, about; 0 = all. */
  readonly streamMax: number;
  /** Life of latest keys, s; 0 = for ever. */
  readonly expireS: number;
}

/** Of these every event counts; of all others, the newest. */
const EACH: ReadonlySet<number> = new Set([KIND.TRADE, KIND.LIQUIDATION, KIND.INSTRUMENT, KIND.STATUS]);

/**
 * Scheme `native`: the JSON of `tail` with its place in the log before it. `<prefix>:<kind>:<venue>:<instrument>` is a channel,
 * `<prefix>:stream:...` a stream with the field `data`, `<prefix>:latest:...` a key. Books are the best levels as they are when they
 * are written, with their validity.
 */
export function nativeScheme(options: NativeOptions): Scheme {
  const keeps = options.outputs.includes("latest");
  return {
    way: (kind, scope) => wayOf(kind, scope, keeps),
    voice: (place) => new NativeVoice(place, options),
    beatMs: 0,
    beat: () => undefined,
  };
}

function wayOf(kind: number, scope: number, keeps: boolean): Way {
  if (!EACH.has(kind)) return WAY.NEWEST;
  if (kind === KIND.STATUS && scope === SCOPE.BOOK) return WAY.BOTH;
  return keeps ? WAY.BOTH : WAY.EACH;
}

const SLOTS = Buffer.from(',"slots":');
const COMMA = 0x2c;

interface Names {
  readonly channel: string;
  readonly stream: string;
  readonly key: string;
}

class NativeVoice implements Voice {
  readonly #place: Place;
  readonly #options: NativeOptions;
  readonly #names = new Map<number, Names>();
  readonly #pubsub: boolean;
  readonly #streams: boolean;
  readonly #latest: boolean;
  readonly #open: Uint8Array;

  constructor(place: Place, options: NativeOptions) {
    this.#place = place;
    this.#options = options;
    this.#pubsub = options.outputs.includes("pubsub");
    this.#streams = options.outputs.includes("streams");
    this.#latest = options.outputs.includes("latest");
    this.#open = Buffer.from(`{"lane":${JSON.stringify(place.view.lane)},"log_seq":`);
  }

  each(event: Waiting, out: Commands): void {
    this.#tell(event.kind, this.#textOf(event), out);
  }

  newest(event: Waiting, out: Commands): typeof NOT_YET | void {
    const { kind } = event;
    const book = kind === KIND.BOOK;
    const text = book ? this.#bookText(event) : this.#textOf(event);
    if (text === NOT_YET) return NOT_YET;
    if (text === null) return;
    if (book || !EACH.has(kind)) this.#tell(kind, text, out);
    if (this.#latest) out.set(this.#namesOf(kind).key, text, this.#options.expireS);
  }

  #tell(kind: number, text: Value | null, out: Commands): void {
    if (text === null) return;
    const names = this.#namesOf(kind);
    if (this.#pubsub) out.publish(names.channel, text);
    if (this.#streams) out.append(names.stream, "", this.#options.streamMax, ["data", text]);
  }

  /** As kit/native.ts writes it; the bytes are good until the next one of this lane. */
  #textOf({ slots, word, count, seq }: Waiting): Value | null {
    const { bytes } = this.#place.view;
    const { out } = bytes;
    out.length = 0;
    out.put(this.#open);
    out.number(seq);
    out.put(SLOTS);
    out.number(count);
    const brace = out.length;
    bytes.reset();
    let whole = false;
    for (let i = 0; i < count; i++) whole = bytes.accept(slots, word + (i << 4));
    if (!whole) return null;
    out.bytes[brace] = COMMA;
    return out;
  }

  /** The book as the lane's table has it now: newer than the event that called for it, never older. */
  #bookText({ seq, late }: Waiting): string | null {
    const { view, id, venue, symbol, row } = this.#place;
    const tables = view.tables();
    if (tables === null) return null;
    const book = tables.depth(id);
    if (!late && (book === null || book.logSeq <= seq)) return NOT_YET;
    if (book === null) return null;
    const levels = this.#options.depth;
    return JSON.stringify({
      lane: view.lane,
      log_seq: book.logSeq,
      type: "book",
      action: "snapshot",
      venue,
      symbol,
      instrument: row?.canonical ?? null,
      validity: book.validity,
      ...(book.reason === "none" ? {} : { reason: book.reason }),
      epoch: book.epoch,
      bids: book.bids.slice(0, levels),
      asks: book.asks.slice(0, levels),
      seq: book.seq === "0" ? null : book.seq,
      ts_event: book.tsEvent === 0 ? null : book.tsEvent,
      ts_recv: book.tsRecv,
    });
  }

  #namesOf(kind: number): Names {
    const known = this.#names.get(kind);
    if (known !== undefined) return known;
    const { venue, name } = this.#place;
    const { prefix } = this.#options;
    const rest = `${KIND_NAMES[kind] ?? `kind${kind}`}:${venue}${name === "" ? "" : `:${name}`}`;
    const names = {
      channel: `${prefix}:${rest}`,
      stream: `${prefix}:stream:${rest}`,
      key: `${prefix}:latest:${rest}`,
    };
    this.#names.set(kind, names);
    return names;
  }
}
