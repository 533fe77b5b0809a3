import type { MarketEvent } from "../../model/index.ts";
import { EventReader } from "../../log/index.ts";
import type { EventWriter } from "../../log/index.ts";
import type { SlotConsumer } from "../normalize.ts";
import type { Roster } from "./writer.ts";

/** Every event in its JSON form, in the order of the frames. */
export class EventPrinter implements SlotConsumer {
  readonly #reader: EventReader;
  readonly #print: (event: MarketEvent) => void;

  constructor(roster: Roster, print: (event: MarketEvent) => void) {
    this.#reader = new EventReader(roster.names());
    this.#print = print;
  }

  accept(writer: EventWriter): void {
    for (let i = 0; i < writer.pending; i++) {
      const event = this.#reader.accept(writer.slots, writer.wordAt(i));
      if (event !== null) this.#print(named(event));
    }
  }
}

/** A symbol whose canonical name cannot be told has none, rather than an empty one. */
function named(event: MarketEvent): MarketEvent {
  if (event.instrument === "") event.instrument = null;
  return event;
}
