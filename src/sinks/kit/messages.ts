import { Buffer } from "node:buffer";
import { NO_INSTRUMENT, slotInstrument, slotKind, slotVenue, WORD } from "../../log/index.ts";
import { KIND, KIND_NAMES, toMicros } from "../../model/index.ts";
import type { SlotBatch } from "../sink.ts";
import { geminiTrades } from "./gemini.ts";
import { NativeEvents } from "./native.ts";

/** How an event is written. */
export type Scheme = "native" | "gemini";

/** Who a message is about: all of one key stay in order. One object for each key of a lane. */
export interface MessageKey {
  /** `kraken:BTC-USD`, where nothing is known of the instrument `kraken:`, of a hole `lane:main`. */
  readonly text: string;
  /** Word of the event's type, "hole" for holes: what `{kind}` in the name of a topic stands for. */
  readonly kind: string;
}

/** One message for a broker of any make. */
export interface Message {
  readonly key: MessageKey;
  /** JSON, UTF-8. Null: this record has no form in the scheme (a price that is no number). */
  readonly body: Buffer | null;
  readonly lane: string;
  /** (lane, seq) is what it is recognised by. */
  readonly seq: number;
  readonly slots: number;
  /** When it happened by the venue's clock, UNIX ms; 0 where nobody said. */
  readonly at: number;
}

/** What both schemes say of an event. A trade is one slot. */
interface Said {
  readonly text: Buffer | string | null;
  readonly seq: number;
  readonly slots?: number;
  readonly at: number;
}

const KINDS = 16;
const MOST_KEYS = 65_536;

/** Batches of any lanes to messages. */
export class Messages {
  readonly #scheme: Scheme;
  readonly #native = new NativeEvents();
  readonly #lanes = new Map<
    string,
    { readonly session: string; readonly keys: Map<number, Map<number, MessageKey>> }
  >();

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  /** In the order of the log. A message holds on to nothing of the batch. */
  *of(batch: SlotBatch): IterableIterator<Message> {
    const keys = this.#keysOf(batch);
    const { lane } = batch;
    const events: Iterable<Said> =
      this.#scheme === "native" ? this.#native.bytesOf(batch) : geminiTrades(batch);
    for (const event of events) {
      const slots = event.slots ?? 1;
      const key = event.at < 0 ? { text: `lane:${lane}`, kind: "hole" } : keyOf(batch, event.at << 4, keys);
      const body = typeof event.text === "string" ? Buffer.from(event.text) : event.text;
      yield { key, body, lane, seq: event.seq, slots, at: eventMillis(batch, event.at) };
    }
  }

  #keysOf({ lane, session }: SlotBatch): Map<number, Map<number, MessageKey>> {
    let known = this.#lanes.get(lane);
    if (known === undefined || known.session !== session || known.keys.size > MOST_KEYS) {
      known = { session, keys: new Map() };
      this.#lanes.set(lane, known);
    }
    return known.keys;
  }
}

function keyOf(
  { slots, rows }: SlotBatch,
  word: number,
  keys: Map<number, Map<number, MessageKey>>,
): MessageKey {
  const id = slotInstrument(slots, word);
  const inner = slotVenue(slots, word) * KINDS + slotKind(slots, word);
  let byKind = keys.get(id);
  if (byKind === undefined) keys.set(id, (byKind = new Map()));
  const known = byKind.get(inner);
  if (known !== undefined) return known;
  const code = slotVenue(slots, word);
  const row = id === NO_INSTRUMENT ? null : rows.instrument(id);
  const name = row?.canonical ?? row?.symbol ?? (id === NO_INSTRUMENT ? "" : `#${id}`);
  const key = {
    text: `${rows.venue(code) ?? `#${code}`}:${name}`,
    kind: KIND_NAMES[slotKind(slots, word)] ?? "unknown",
  };
  byKind.set(inner, key);
  return key;
}

function eventMillis({ slots: { i32 } }: SlotBatch, at: number): number {
  const word = (at << 4) + WORD.TS_EVENT;
  return at < 0 ? 0 : Math.floor(toMicros(i32[word + 1]!, i32[word]!) / 1000);
}

/** Words that `{kind}` may stand for in a scheme. */
export function kindsOf(scheme: Scheme): string[] {
  return scheme === "gemini" ? [KIND_NAMES[KIND.TRADE]!] : [...KIND_NAMES.slice(1), "hole"];
}

/** What a sink's options say of topics; `topic` with `{kind}` in it: one for each kind of event that is asked for, and one for holes. */
export interface TopicOptions {
  readonly topic: string;
  readonly scheme: Scheme;
  readonly kinds?: readonly string[] | undefined;
}

export function topicNames({ topic, scheme, kinds }: TopicOptions): string[] {
  if (!topic.includes("{kind}")) return [topic];
  const wanted = kindsOf(scheme).filter(
    (kind) => kind === "hole" || kinds === undefined || kinds.includes(kind),
  );
  return wanted.map((kind) => topicOf(topic, kind));
}

/** The topic of a kind of event. */
export function topicOf(topic: string, kind: string): string {
  return topic.replaceAll("{kind}", kind);
}
