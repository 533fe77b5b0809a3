import { isOfTheRecord, isOutOfOrder, readAck } from "./ack.ts";
import type { Ack } from "./ack.ts";
import type { NatsLink } from "./link.ts";

/** No answer at all for so long while some are due: the server has forgotten us, ms. */
const SILENT_MS = 15_000;
/** None for so long is worth a word. */
const SLOW_MS = 2000;
const LOOK_MS = 500;
/** Bytes of messages that wait for their answers, unless one alone is larger. */
const MOST_BYTES = 16 << 20;

/** One message on its way. */
export interface Sent {
  readonly subject: string;
  /** Its name in the stream: `<lane>:<log_seq>`. */
  readonly id: string;
  readonly lane: string;
  readonly seq: number;
  readonly body: Uint8Array;
}

export interface ChainOptions {
  readonly link: NatsLink;
  readonly inFlight: number;
  /** The server will never take this one: it is out of the way, the others go on. */
  refused(sent: Sent, reason: string): void;
  /** In words, while answers take long; null when they come again. */
  waits(reason: string | null): void;
}

/**
 * Messages of JetStream, many on their way at once, stored in order and without a hole. Each names the one before it
 * (Nats-Expected-Last-Msg-Id): when one is not stored, none after it is, so what the stream holds is always a beginning of
 * what was published. Each has a name (Nats-Msg-Id): what is published twice within the window is stored once.
 * The first one after opening names none before it: it was chosen by reading what the stream holds.
 */
export class Chain {
  acked = 0;
  duplicates = 0;
  readonly #options: ChainOptions;
  readonly #inbox: string;
  /** Sent and not all before it answered; the first has number `#first`. */
  #waiting: Sent[] = [];
  #answers: (Ack | null)[] = [];
  #first = 0;
  /** Those before are answered and gone. */
  #head = 0;
  #bytes = 0;
  /** Of those waiting, answered. */
  #heard = 0;
  #failed = false;
  #lost: string | null = null;
  /** The last one sent, and the last that is stored. */
  #last = "";
  #stored = "";
  #wake: (() => void) | null = null;
  /** What is waited for. */
  #met: () => boolean = () => false;
  #heardAt = 0;
  #told = false;
  readonly #encoder = new TextEncoder();

  constructor(options: ChainOptions) {
    this.#options = options;
    const { link } = options;
    this.#inbox = link.answers((n, text, status) => this.#answer(n, readAck(text, status)));
    void this.#watch(link);
  }

  async #watch({ closed }: NatsLink): Promise<void> {
    this.#lost = await closed;
    this.#ring();
  }

  /** Messages on their way. */
  get pending(): number {
    return this.#waiting.length - this.#head;
  }

  /** Whether one more may be sent without `room`. */
  get open(): boolean {
    const few = this.pending < this.#options.inFlight && this.#bytes < MOST_BYTES;
    return few && !this.#failed && this.#lost === null;
  }

  /** Sends one, or throws; wait for `room` where it is not `open`. */
  send(sent: Sent): void {
    if (this.#lost !== null) throw this.#gone();
    const n = this.#first + this.#waiting.length;
    if (this.pending === 0) this.#heardAt = performance.now();
    this.#waiting.push(sent);
    this.#answers.push(null);
    this.#bytes += sent.body.length;
    const before = this.#last === "" ? "" : `Nats-Expected-Last-Msg-Id: ${this.#last}\r\n`;
    const head = this.#encoder.encode(`NATS/1.0\r\nNats-Msg-Id: ${sent.id}\r\n${before}\r\n`);
    this.#last = sent.id;
    this.#options.link.publish(sent.subject, head, sent.body, `${this.#inbox}.${n}`);
  }

  /** Resolves when many more may be sent: one at a time would be a packet each. Rejects when the server cannot take them. */
  async room(): Promise<void> {
    await this.#until(() => this.#roomy() || this.#stuck());
    if (this.#failed) await this.#mend();
  }

  /** Resolves when all that was sent is stored, or refused for good. */
  async drained(): Promise<void> {
    do {
      await this.#until(() => this.pending === 0 || this.#stuck());
      if (this.#failed) await this.#mend();
    } while (this.pending > 0);
  }

  #roomy(): boolean {
    const few = this.pending <= this.#options.inFlight >> 1 && this.#bytes <= MOST_BYTES >> 1;
    return few && !this.#failed;
  }

  #stuck(): boolean {
    return this.#failed && this.#heard === this.pending;
  }

  #answer(n: number, ack: Ack): void {
    const i = n - this.#first;
    if (!(i >= this.#head && i < this.#answers.length) || this.#answers[i] !== null) return;
    this.#heardAt = performance.now();
    if (this.#told) {
      this.#told = false;
      this.#options.waits(null);
    }
    this.#answers[i] = ack;
    this.#heard += 1;
    if (!ack.ok) this.#failed = true;
    this.#settle();
    if (this.#met()) this.#ring();
  }

  /** Takes away those at the beginning that are stored. */
  #settle(): void {
    for (;;) {
      const ack = this.#answers[this.#head];
      if (ack === undefined || ack === null || !ack.ok) break;
      const sent = this.#waiting[this.#head++]!;
      this.#bytes -= sent.body.length;
      this.#stored = sent.id;
      this.#heard -= 1;
      this.acked += 1;
      if (ack.duplicate) this.duplicates += 1;
    }
    if (this.#head < 1024 || this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#answers = this.#answers.slice(this.#head);
    this.#first += this.#head;
    this.#head = 0;
  }

  /** All are answered and one was not stored: it is out of the way if it is its own fault; all after it are sent again. */
  async #mend(): Promise<void> {
    const rest = this.#waiting.slice(this.#head);
    const [culprit] = rest;
    const ack = this.#answers[this.#head];
    this.#first += this.#waiting.length;
    this.#waiting = [];
    this.#answers = [];
    this.#head = this.#heard = this.#bytes = 0;
    this.#failed = false;
    this.#last = this.#stored;
    if (culprit === undefined || ack === undefined || ack === null || ack.ok) return;
    if (!isOfTheRecord(ack)) throw refusal(culprit, ack);
    this.#options.refused(culprit, ack.reason);
    for (const sent of rest.slice(1)) this.send(sent);
    await this.#until(() => this.#roomy() || this.#stuck());
    if (this.#failed) await this.#mend();
  }

  async #until(met: () => boolean): Promise<void> {
    this.#met = met;
    while (!met()) {
      if (this.#lost !== null) throw this.#gone();
      const silent = performance.now() - this.#heardAt;
      if (silent > SILENT_MS)
        throw new Error(
          `nats: expected an answer of JetStream within ${SILENT_MS} ms, saw none to ${this.pending} messages`,
        );
      if (silent > SLOW_MS) this.#slow();
      await this.#turn();
    }
    if (this.#lost !== null && this.pending > 0) throw this.#gone();
  }

  #slow(): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.waits(`no answer of JetStream to ${this.pending} messages for ${SLOW_MS} ms`);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#ring(), LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #ring(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #gone(): Error {
    return new Error(`nats: expected the connection to last, saw it end: ${this.#lost}`);
  }
}

function refusal({ id }: Sent, ack: Ack & { ok: false }): Error {
  if (isOutOfOrder(ack))
    return new Error(
      `nats: expected the message before ${id} to be the stream's last, saw another (${ack.reason}); give feedhorn a stream of its own`,
    );
  return new Error(`nats: expected message ${id} to be stored, saw: ${ack.reason} (${ack.code})`);
}
