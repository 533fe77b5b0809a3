import { describe, expect, it } from "vitest";
import { joinedChecksum } from "../../book/joined-checksum.ts";
import { sortedBook } from "../../book/index.ts";
import type { OrderBook } from "../../book/index.ts";
import { SIDE, instrumentOf } from "../../model/index.ts";
import type { BookEvent } from "../../model/index.ts";
import { fixturesOf, symbolsOf } from "../../../test/contracts/frames.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import { canonical } from "./names.ts";
import { okx } from "./venue.ts";

const session = fixturesOf("okx").find(({ name }) => name.includes("checksum"))!;
const rig = new Rig(
  okx,
  symbolsOf("okx").map((symbol) => instrumentOf({ symbol, canonical: canonical(symbol)! })),
);
const events = session.frames
  .flatMap(({ dir, text }) => (dir === "in" ? rig.text(text!).events : []))
  .filter((event) => event.type === "book");

function apply(book: OrderBook, event: BookEvent): void {
  if (event.action === "snapshot") book.clear();
  for (const [price, size] of event.bids) book.apply(SIDE.BID, price, size);
  for (const [price, size] of event.asks) book.apply(SIDE.ASK, price, size);
}

/** How many events of the session a book matches after; `change` may alter one. */
function matches(change: (event: BookEvent, i: number) => BookEvent): boolean[] {
  const books = new Map<string, OrderBook>();
  return events.map((event, i) => {
    const book = books.get(event.symbol) ?? sortedBook();
    books.set(event.symbol, book);
    const altered = change(event, i);
    apply(book, altered);
    return joinedChecksum(book) === (altered.checksum! | 0);
  });
}

describe("checksums of a session of 2022", () => {
  it("are proved by the books themselves, every one", () => {
    expect(events).toHaveLength(13);
    expect(events.filter(({ checksum }) => checksum === undefined)).toEqual([]);
    expect(matches((event) => event)).toEqual(events.map(() => true));
  });

  it("are disproved by any changed bit, and by a changed size", () => {
    events.forEach((_, at) => {
      for (const bit of [0, 7, 19, 31]) {
        const seen = matches((event, i) =>
          i === at ? { ...event, checksum: (event.checksum! ^ (1 << bit)) >>> 0 } : event,
        );
        expect(seen.filter((one) => !one)).toHaveLength(1);
        expect(seen[at]).toBe(false);
      }
    });
    const lost = matches((event, i) => (i === 1 ? { ...event, bids: [] } : event));
    expect(lost.slice(1, 12).every((one) => !one)).toBe(true);
  });
});
