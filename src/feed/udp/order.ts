import { datagramNumber } from "../../log/index.ts";
import type { Packet } from "./packet.ts";

export interface OrderOptions {
  /** Datagrams held back at most while an earlier one is missing, and how long, ms. */
  readonly window: number;
  readonly ms: number;
  /** The next one in order; `missing`: as many before it will not be waited for any more. */
  deliver(packet: Packet, missing: number): void;
}

interface Held {
  readonly packet: Packet;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * Datagrams of one session in order of their numbers. One that comes too early is held until those before it are there, or are
 * given up. Where it begins is not known before the first ones were held as long: unless number 0 comes, the least of them.
 */
export class Order {
  duplicates = 0;
  /** Came behind a later one, and in time. */
  reordered = 0;
  /** Came when it had been given up. */
  late = 0;
  readonly #options: OrderOptions;
  readonly #held = new Map<number, Held>();
  /** The number that is waited for; -1: the session has not begun here. */
  #next = -1;
  #highest = -1;
  /** Numbers given up and not come since: a late one is no duplicate. A few of the last. */
  readonly #gone = new Set<number>();

  /** `fromZero`: the session began while it was listened to. */
  constructor(options: OrderOptions, fromZero: boolean) {
    this.#options = options;
    if (fromZero) this.#next = 0;
  }

  /** When the oldest one held has to go, monotonic ms; Infinity when none is held. */
  get due(): number {
    const [first] = this.#held.values();
    return first === undefined ? Infinity : first.at + this.#options.ms;
  }

  /** `packet` is used again when it returns; `bytes`: of the whole datagram. */
  accept(packet: Packet, bytes: number, now: number): void {
    const number = datagramNumber(packet.words);
    if (number === 0 && this.#next < 0) this.#next = 0;
    if (number === this.#next) {
      this.#see(number);
      this.#deliver(packet, number, 0);
      this.#drain();
    } else if (this.#next >= 0 && number < this.#next) this.#behind(number);
    else if (this.#held.has(number)) this.duplicates += 1;
    else {
      this.#see(number);
      this.#held.set(number, { packet: packet.copy(bytes), at: now });
      if (this.#held.size > this.#options.window) this.#giveUp();
    }
  }

  #see(number: number): void {
    if (number < this.#highest) this.reordered += 1;
    else this.#highest = number;
  }

  /** Gives up what has been waited for long enough; `all`: whatever is missing. */
  settle(now: number, all = false): void {
    const until = all ? Infinity : now;
    while (this.#held.size > 0 && this.due <= until) this.#giveUp();
  }

  #behind(number: number): void {
    if (this.#gone.delete(number)) this.late += 1;
    else this.duplicates += 1;
  }

  /** The least one held is next. */
  #giveUp(): void {
    const least = Math.min(...this.#held.keys());
    const missing = this.#next < 0 ? 0 : least - this.#next;
    for (let number = least - Math.min(missing, this.#options.window); number < least; number++)
      this.#remember(number);
    const { packet } = this.#held.get(least)!;
    this.#held.delete(least);
    this.#deliver(packet, least, missing);
    this.#drain();
  }

  #remember(number: number): void {
    this.#gone.add(number);
    if (this.#gone.size <= 4 * this.#options.window) return;
    const [oldest] = this.#gone;
    this.#gone.delete(oldest!);
  }

  #drain(): void {
    for (let held = this.#held.get(this.#next); held !== undefined; held = this.#held.get(this.#next)) {
      this.#held.delete(this.#next);
      this.#deliver(held.packet, this.#next, 0);
    }
  }

  #deliver(packet: Packet, number: number, missing: number): void {
    this.#next = number + 1;
    this.#options.deliver(packet, missing);
  }
}
