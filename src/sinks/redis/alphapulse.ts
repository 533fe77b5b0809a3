import { DOUBLE, WORD } from "../../log/index.ts";
import { halvesToText, KIND, sideWord, toMicros } from "../../model/index.ts";
import type { Commands } from "./commands.ts";
import { NOT_YET, WAY } from "./scheme.ts";
import type { Place, Scheme, Voice, Waiting } from "./scheme.ts";

export interface AlphapulseOptions {
  readonly depth: number;
  readonly streamMax: number;
  readonly expireS: number;
}

/**
 * AlphaPulse: streams trades:{exchange}:{symbol}, keys latest:{exchange}:{symbol} (the newest trade) and orderbook:{exchange}:{symbol}. Symbols
 * are canonical (BTC-USD), times UNIX seconds with six decimals. A book that is not live has no levels.
 */
export function alphapulseScheme(options: AlphapulseOptions): Scheme {
  return {
    way: (kind, scope) => {
      if (kind === KIND.TRADE) return WAY.BOTH;
      return kind === KIND.BOOK || (kind === KIND.STATUS && scope === 1) ? WAY.NEWEST : WAY.NONE;
    },
    voice: (place) => new AlphapulseVoice(place, options),
    beatMs: 0,
    beat: () => undefined,
  };
}

class AlphapulseVoice implements Voice {
  readonly #place: Place;
  readonly #options: AlphapulseOptions;
  readonly #stream: string;
  readonly #latest: string;
  readonly #book: string;

  constructor(place: Place, options: AlphapulseOptions) {
    this.#place = place;
    this.#options = options;
    const rest = `${place.venue}:${place.name}`;
    this.#stream = `trades:${rest}`;
    this.#latest = `latest:${rest}`;
    this.#book = `orderbook:${rest}`;
  }

  each(event: Waiting, out: Commands): void {
    const { timestamp, price, volume, side, id, ingested } = tradeOf(event);
    const { venue, name } = this.#place;
    out.append(this.#stream, "", this.#options.streamMax, [
      "timestamp",
      timestamp,
      "price",
      price,
      "volume",
      volume,
      "side",
      side,
      "trade_id",
      id,
      "symbol",
      name,
      "exchange",
      venue,
      "ingested_at",
      ingested,
    ]);
  }

  newest(event: Waiting, out: Commands): typeof NOT_YET | void {
    if (event.kind !== KIND.TRADE) return this.#levels(event, out);
    this.#trade(event, out);
  }

  #trade(event: Waiting, out: Commands): void {
    const { timestamp, price, volume, side, id, ingested } = tradeOf(event);
    const { venue, name } = this.#place;
    const text = `{"timestamp":${timestamp},"price":${price},"volume":${volume},"side":"${side}","trade_id":"${id}","symbol":${JSON.stringify(name)},"exchange":"${venue}","ingested_at":${ingested}}`;
    out.set(this.#latest, text, this.#options.expireS);
  }

  #levels({ seq, late }: Waiting, out: Commands): typeof NOT_YET | void {
    const { view, id, venue, name } = this.#place;
    const tables = view.tables();
    if (tables === null) return;
    const book = tables.depth(id);
    if (!late && (book === null || book.logSeq <= seq)) return NOT_YET;
    if (book === null) return;
    const { depth, expireS } = this.#options;
    const levels = book.validity === "live" ? depth : 0;
    const text = JSON.stringify({
      symbol: name,
      exchange: venue,
      bids: book.bids.slice(0, levels),
      asks: book.asks.slice(0, levels),
      timestamp: Number(seconds(book.tsEvent === 0 ? book.tsRecv : book.tsEvent)),
    });
    out.set(this.#book, text, expireS);
  }
}

interface TradeTexts {
  readonly timestamp: string;
  readonly price: string;
  readonly volume: string;
  readonly side: string;
  readonly id: string;
  readonly ingested: string;
}

function tradeOf({ slots: { i32, f64 }, word }: Waiting): TradeTexts {
  const received = toMicros(i32[word + WORD.TS_RECV + 1]!, i32[word + WORD.TS_RECV]!);
  const [low, high] = [i32[word + WORD.TS_EVENT]!, i32[word + WORD.TS_EVENT + 1]!];
  const d = word >> 1;
  return {
    timestamp: seconds((low | high) === 0 ? received : toMicros(high, low)),
    price: String(f64[d + DOUBLE.PRICE]!),
    volume: String(f64[d + DOUBLE.SIZE]!),
    side: sideWord(i32[word + WORD.TAIL]! & 0xff) ?? "unknown",
    id: halvesToText(i32[word + WORD.TRADE_ID + 1]!, i32[word + WORD.TRADE_ID]!),
    ingested: seconds(received),
  };
}

/** UNIX seconds with six decimals of microseconds: text, as the double of it would be shorter. */
function seconds(us: number): string {
  const whole = Math.floor(us / 1e6);
  return `${whole}.${String(us - whole * 1e6).padStart(6, "0")}`;
}
