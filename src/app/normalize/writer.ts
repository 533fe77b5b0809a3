import { decodeText, instrumentOf, SymbolTable } from "../../model/index.ts";
import type { Instrument, Venue } from "../../model/index.ts";
import { EventWriter, HEADER, RingWriter, SlotViews } from "../../log/index.ts";
import type { EventNames } from "../../log/index.ts";

/** Most native symbols one input may name, and the longest name, as in a region's table. */
const MAX_SYMBOLS = 100_000;
const MAX_SYMBOL_BYTES = 64;

/** Instruments by id, met in the order in which frames name them; metadata replaces what was guessed by rule. */
export class Roster {
  readonly rows: Instrument[] = [];
  readonly #venue: Venue;
  readonly #table = new SymbolTable();
  readonly #ids = new Map<string, number>();

  constructor(venue: Venue) {
    this.#venue = venue;
  }

  /** Id of the symbol at [start, end), given on first sight; -1 for a name that cannot be one. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const id = this.#table.find(bytes, start, end);
    if (id >= 0 || end <= start || end - start > MAX_SYMBOL_BYTES) return id;
    const symbol = this.#native(decodeText(bytes, start, end));
    return this.update(instrumentOf({ symbol, canonical: this.#venue.canonical(symbol) ?? "" }));
  }

  /** Adds or replaces an instrument; returns its id, or -1 when there are too many. */
  update(instrument: Instrument): number {
    const { symbol } = instrument;
    const known = this.#ids.get(symbol);
    if (known !== undefined) {
      this.rows[known] = instrument;
      return known;
    }
    if (this.rows.length >= MAX_SYMBOLS) return -1;
    const id = this.rows.push(instrument) - 1;
    this.#ids.set(symbol, id);
    this.#table.add(symbol, id);
    for (const alias of this.#venue.aliases(symbol)) this.#table.add(alias, id);
    return id;
  }

  names(): EventNames {
    const { id, code } = this.#venue;
    return {
      venue: (number) => (number === code ? id : null),
      instrument: (number) => this.rows[number] ?? null,
    };
  }

  /** Stream names may spell a symbol in lower case: the venue says whether this one is such an alias. */
  #native(name: string): string {
    const upper = name.toUpperCase();
    return upper !== name && this.#venue.aliases(upper).includes(name) ? upper : name;
  }
}

/** An EventWriter that knows every symbol it is asked for. */
export class RosterWriter extends EventWriter {
  readonly #roster: Roster;

  /** Over a ring of `slots` in private memory; nothing is ever committed. */
  constructor(roster: Roster, venue: Venue, slots: number) {
    const control = new Int32Array(HEADER.size / 4);
    super(new RingWriter(control, SlotViews.make(slots)), new SymbolTable(16));
    this.#roster = roster;
    this.venue = venue.code;
  }

  override instrument(bytes: Uint8Array, start: number, end: number): number {
    return this.#roster.find(bytes, start, end);
  }
}
