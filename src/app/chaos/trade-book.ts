import type { TradeNote } from "../../simulator/index.ts";

/** A trade's frame on its way to one connection. */
interface Offer {
  readonly connection: number;
  /** It left whole: what did not arrive went down with the connection. */
  readonly sent: boolean;
  /** The trade is older than the connection: it is told again, and may have been fetched before that. */
  readonly again: boolean;
}

/** What the venue truly did with the trades of one symbol: which there were, and what became of each of their frames. */
export class TradeBook {
  /** Ids in the order of the trades. */
  readonly made: number[] = [];
  readonly offers = new Map<number, Offer[]>();
  /** Ids that left whole, by connection, in the order in which they left. */
  readonly sent = new Map<number, number[]>();
  /** The lowest id of each numbering; each is below all before it. */
  readonly starts: number[] = [];
  /** Place in `made` by id; and of the trade that was the last when a connection brought its first. */
  readonly #known = new Map<number, number>();
  readonly #began = new Map<number, number>();

  take({ id, what, connection }: TradeNote): void {
    if (what === "made") return this.#make(id);
    const sent = what === "sent";
    const offer = { connection, sent, again: this.#isAgain(id, connection) };
    const offers = this.offers.get(id);
    if (offers === undefined) this.offers.set(id, [offer]);
    else offers.push(offer);
    if (!sent) return;
    const ids = this.sent.get(connection);
    if (ids === undefined) this.sent.set(connection, [id]);
    else ids.push(id);
  }

  #isAgain(id: number, connection: number): boolean {
    const began = this.#began.get(connection) ?? this.made.length - 1;
    this.#began.set(connection, began);
    return (this.#known.get(id) ?? began) < began;
  }

  #make(id: number): void {
    const last = this.made.at(-1);
    if (last === undefined || id < last) this.starts.push(id);
    this.#known.set(id, this.made.length);
    this.made.push(id);
  }

  existed(id: number): boolean {
    return this.#known.has(id);
  }

  /** Which numbering an id is of; what is below all of them is of the last. */
  numbering(id: number): number {
    const at = this.starts.findIndex((start) => start <= id);
    return at < 0 ? this.starts.length - 1 : at;
  }

  /** The storm took every frame of it, and there was at least one. */
  withheld(id: number): boolean {
    return this.offers.get(id)?.every(({ sent }) => !sent) ?? false;
  }

  /**
   * A connection on which a trade left whole when it was made, and on which later ones did arrive, so that it cannot have
   * gone down with it; null where there is none. `arrived`: those that came by themselves.
   */
  delivered(id: number, arrived: ReadonlySet<number>): number | null {
    for (const { connection, sent, again } of this.offers.get(id) ?? []) {
      if (!sent || again) continue;
      const ids = this.sent.get(connection)!;
      if (
        ids
          .slice(ids.lastIndexOf(id) + 1)
          .some((later) => arrived.has(later) && this.#only(later, connection))
      )
        return connection;
    }
    return null;
  }

  /** Only this connection can have brought it. */
  #only(id: number, connection: number): boolean {
    return this.offers.get(id)!.every((offer) => !offer.sent || offer.connection === connection);
  }
}

/** The books of all symbols, by venue and native symbol. */
export class TradeBooks {
  readonly #books = new Map<string, TradeBook>();

  readonly take = (note: TradeNote): void => this.of(note.venue, note.symbol).take(note);

  of(venue: string, symbol: string): TradeBook {
    const name = `${venue} ${symbol}`;
    let book = this.#books.get(name);
    if (book === undefined) this.#books.set(name, (book = new TradeBook()));
    return book;
  }
}
