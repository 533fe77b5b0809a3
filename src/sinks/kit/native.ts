import { EventBytes, JsonBytes, slotFlags } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import type { SlotBatch } from "../sink.ts";

/**
 * One event of scheme `native`, the same in every vendor: `{"lane":"main","log_seq":7,"slots":1,"type":"trade",...}`, after its place
 * in the log what `tail` prints. (lane, log_seq) is its key; `log_seq` to `log_seq + slots` of a lane follow each other without a gap.
 */
export interface NativeEvent<Form = string> {
  readonly text: Form;
  /** Sequence of its first slot. */
  readonly seq: number;
  /** Slots it stands for. */
  readonly slots: number;
  /** Its first slot stands at word `at << 4` of the batch; -1 for a hole. */
  readonly at: number;
}

/** Batches of any lanes to events; keeps what it knows of the names of each lane's region. */
export class NativeEvents {
  readonly #lanes = new Map<string, Lane>();

  /** The holes before a batch, then its events, in order. An event whose kind is not known here is `{"type":"unknown"}`. */
  of(batch: SlotBatch): IterableIterator<NativeEvent> {
    return this.#each(batch, (out) => bufferOf(out).toString("utf8"));
  }

  /** The same as UTF-8, in memory of their own. */
  bytesOf(batch: SlotBatch): IterableIterator<NativeEvent<Buffer>> {
    return this.#each(batch, (out) => Buffer.from(bufferOf(out)));
  }

  *#each<Form>(batch: SlotBatch, form: (out: JsonBytes) => Form): IterableIterator<NativeEvent<Form>> {
    const lane = this.#laneOf(batch);
    const { out } = lane.events;
    for (const hole of batch.holes) {
      const slots = hole.last - hole.first + 1;
      lane.open(hole.first, slots);
      out.put(Buffer.from(`,"type":"hole","reason":${JSON.stringify(hole.reason)}}`));
      yield { text: form(out), seq: hole.first, slots, at: -1 };
    }
    const { slots, seqs, count } = batch;
    let first = 0;
    for (let i = 0; i < count; i++) {
      const word = i << 4;
      if ((slotFlags(slots, word) & FLAG.LAST) === 0) {
        lane.events.accept(slots, word);
        continue;
      }
      lane.open(seqs[first]!, i - first + 1);
      lane.close(slots, word);
      yield { text: form(out), seq: seqs[first]!, slots: i - first + 1, at: first };
      first = i + 1;
    }
  }

  #laneOf({ lane, session, rows }: SlotBatch): Lane {
    const known = this.#lanes.get(lane);
    if (known !== undefined && known.session === session) {
      known.events.names = rows;
      return known;
    }
    const fresh = new Lane(lane, session, new EventBytes(rows, new JsonBytes()));
    this.#lanes.set(lane, fresh);
    return fresh;
  }
}

const SLOTS = Buffer.from(',"slots":');
const UNKNOWN = Buffer.from(',"type":"unknown"}');
const COMMA = 0x2c;

class Lane {
  readonly session: string;
  readonly events: EventBytes;
  readonly #open: Buffer;

  constructor(name: string, session: string, events: EventBytes) {
    this.session = session;
    this.events = events;
    this.#open = Buffer.from(`{"lane":${JSON.stringify(name)},"log_seq":`);
  }

  open(seq: number, slots: number): void {
    const { out } = this.events;
    out.length = 0;
    out.put(this.#open);
    out.number(seq);
    out.put(SLOTS);
    out.number(slots);
  }

  /** The event that its last slot completes, its brace made the comma behind the place. */
  close(slots: SlotViews, word: number): void {
    const { out } = this.events;
    const brace = out.length;
    if (this.events.accept(slots, word)) out.bytes[brace] = COMMA;
    else out.put(UNKNOWN);
  }
}

function bufferOf({ bytes, length }: JsonBytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length);
}
