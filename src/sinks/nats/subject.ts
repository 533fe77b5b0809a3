import { slotInstrument, slotKind, slotVenue } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { KIND, KIND_NAMES } from "../../model/index.ts";
import type { SinkRows } from "../sink.ts";

/** Where there is no venue or no instrument. */
const NONE = "-";
const KINDS = 16;

/**
 * One token of a subject. NATS divides at dots and gives `*` and `>` and blanks a meaning: these, control characters, `%`, and
 * everything beyond ASCII are written %XX, the bytes of UTF-8. An empty name is `-`.
 */
export function token(name: string): string {
  if (name === "") return NONE;
  return name.replace(/[^!-~]|[.*>%]/gu, (char) =>
    [...new TextEncoder().encode(char)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );
}

/** Subjects of one lane: `<prefix>.<lane>.<venue>.<instrument>.<kind>`. */
export class Subjects {
  readonly #prefix: string;
  #session = "";
  readonly #known = new Map<number, string>();

  constructor(prefix: string, lane: string) {
    this.#prefix = `${prefix}.${token(lane)}`;
  }

  /** Everything of the lane. */
  get all(): string {
    return `${this.#prefix}.>`;
  }

  /** Of holes in the lane. */
  get hole(): string {
    return `${this.#prefix}.${NONE}.${NONE}.hole`;
  }

  /** In another session ids mean others. */
  begin(session: string): void {
    if (session === this.#session) return;
    this.#session = session;
    this.#known.clear();
  }

  /** Of the event whose first slot stands at `word`. */
  of(slots: SlotViews, word: number, rows: SinkRows): string {
    const kind = slotKind(slots, word);
    const id = slotInstrument(slots, word);
    const key = (id * 65_536 + slotVenue(slots, word)) * KINDS + (kind % KINDS);
    const known = this.#known.get(key);
    if (known !== undefined && kind !== KIND.INSTRUMENT) return known;
    const made = this.#make(slotVenue(slots, word), id, kind, rows);
    // A name that has changed changes the subjects of all kinds.
    if (known !== undefined && known !== made) this.#known.clear();
    this.#known.set(key, made);
    return made;
  }

  #make(venue: number, id: number, kind: number, rows: SinkRows): string {
    const row = rows.instrument(id);
    const instrument = row === null ? "" : row.canonical === "" ? row.symbol : row.canonical;
    const place = `${token(rows.venue(venue) ?? "")}.${token(instrument)}`;
    return `${this.#prefix}.${place}.${KIND_NAMES[kind] ?? "unknown"}`;
  }
}
