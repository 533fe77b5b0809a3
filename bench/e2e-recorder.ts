/** Our socket, parser and event writer, and one commit per read of the socket: the baseline's work, onto the log. */
import { Clock, openFastSocket } from "../src/feed/index.ts";
import { EventWriter, RingWriter } from "../src/log/index.ts";
import { FRAME, Slab, SymbolTable } from "../src/model/index.ts";
import { binance } from "../src/venues/binance/venue.ts";
import { Countdown, servePipeline } from "./e2e-pipeline.ts";
import { listening, regionIn, socketOptions, Written } from "./e2e-ring.ts";
import type { Socket } from "../src/feed/index.ts";
import type { Nanos } from "../src/model/index.ts";
import type { EventLog } from "./e2e-events.ts";
import type { Order, Result, Round } from "./e2e-pipeline.ts";

class RecorderRound implements Round {
  readonly countdown: Countdown;
  readonly #order: Order;
  readonly #writer: EventWriter;
  readonly #clock = new Clock();
  readonly #now: Nanos = { hi: 0, lo: 0 };
  readonly #written: Written;
  #socket: Socket | null = null;
  #reading = false;
  #strange = 0;

  constructor(order: Order, log: EventLog | null) {
    const { stream, folder } = order;
    this.#order = order;
    const region = regionIn(folder);
    const symbols = new SymbolTable();
    stream.symbols.forEach((symbol, id) => symbols.add(symbol, id));
    this.countdown = new Countdown(order);
    this.#writer = new EventWriter(new RingWriter(region.control, region.slots), symbols);
    this.#writer.venue = binance.code;
    this.#written = new Written(region, log, (id) => stream.instruments[id] ?? null);
  }

  open(url: string): Promise<void> {
    return new Promise((resolve) => {
      const options = socketOptions(this.#order);
      this.#socket = openFastSocket(url, new Slab(0), options, {
        ...listening(resolve, () => this.#endOfRead()),
        frame: (slab, start, end) => this.#frame(slab, start, end),
      });
    });
  }

  run(ask: string): Promise<void> {
    this.#socket?.send(ask);
    return this.countdown.done;
  }

  async close(): Promise<Result> {
    this.#socket?.close(1000, "");
    const faults = {
      "not data": this.#strange,
      fallbacks: this.#writer.fallbacks,
      refused: this.#writer.refused,
    };
    return { ...this.#written.result(), faults };
  }

  #frame(slab: Slab, start: number, end: number): void {
    if (!this.#reading) {
      this.#reading = true;
      this.#clock.read(this.#now);
    }
    const code = binance.parse(slab, start, end, this.#now, this.#writer);
    this.#writer.endFrame();
    if (code !== FRAME.DATA) this.#strange += 1;
    this.countdown.count();
  }

  #endOfRead(): void {
    this.#reading = false;
    this.#writer.ring.commit();
    this.#written.follow();
    this.countdown.settle();
  }
}

servePipeline((order, log) => new RecorderRound(order, log));
