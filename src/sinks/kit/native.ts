import { EventText, slotFlags } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import type { Hole, SlotBatch } from "../sink.ts";

/**
 * One event of scheme `native`, the same in every vendor: `{"lane":"main","log_seq":7,"slots":1,"type":"trade",...}`, after its place
 * in the log what `tail` prints. (lane, log_seq) is its key; `log_seq` to `log_seq + slots` of a lane follow each other without a gap.
 */
export interface NativeEvent {
  readonly text: string;
  /** Sequence of its first slot. */
  readonly seq: number;
  /** Slots it stands for. */
  readonly slots: number;
  /** Its first slot stands at word `at << 4` of the batch; -1 for a hole. */
  readonly at: number;
}

/** Batches of any lanes to events; keeps what it knows of the names of each lane's region. */
export class NativeEvents {
  readonly #lanes = new Map<string, { readonly session: string; readonly texts: EventText }>();

  /** The holes before a batch, then its events, in order. An event whose kind is not known here is `{"type":"unknown"}`. */
  *of(batch: SlotBatch): IterableIterator<NativeEvent> {
    for (const hole of batch.holes) yield nativeHole(batch.lane, hole);
    const texts = this.#textsOf(batch);
    const open = `{"lane":${JSON.stringify(batch.lane)},"log_seq":`;
    const { slots, seqs, count } = batch;
    let first = -1;
    for (let i = 0; i < count; i++) {
      if (first < 0) first = i;
      const event = texts.accept(slots, i << 4);
      if ((slotFlags(slots, i << 4) & FLAG.LAST) === 0) continue;
      const seq = seqs[first]!;
      const place = i - first + 1;
      const rest = event === null ? '"type":"unknown"}' : event.slice(1);
      yield { text: `${open}${seq},"slots":${place},${rest}`, seq, slots: place, at: first };
      first = -1;
    }
  }

  #textsOf({ lane, session, rows }: SlotBatch): EventText {
    const known = this.#lanes.get(lane);
    if (known !== undefined && known.session === session) {
      known.texts.names = rows;
      return known.texts;
    }
    const texts = new EventText(rows);
    this.#lanes.set(lane, { session, texts });
    return texts;
  }
}

/** `{"lane":"main","log_seq":8,"slots":3,"type":"hole","reason":"lapped"}`. */
export function nativeHole(lane: string, { first, last, reason }: Hole): NativeEvent {
  const slots = last - first + 1;
  const text = JSON.stringify({ lane, log_seq: first, slots, type: "hole", reason });
  return { text, seq: first, slots, at: -1 };
}
