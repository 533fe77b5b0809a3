/** What is sent at once. Its memory is kept and used again. */
export interface Load {
  readonly bytes: number;
  /** How far it goes in each lane. */
  readonly marks: ReadonlyMap<string, number>;
  clear(): void;
}

/** Two loads: one is filled while the vendor works on the other. */
export class Pair<Of extends Load> {
  readonly #send: (load: Of) => Promise<void>;
  #filling: Of;
  #spare: Of;
  #running: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  readonly #safe = new Map<string, number>();

  constructor(make: () => Of, send: (load: Of) => Promise<void>) {
    this.#send = send;
    this.#filling = make();
    this.#spare = make();
  }

  get filling(): Of {
    return this.#filling;
  }

  /** Next sequences of lanes that are safe. */
  get safe(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#safe);
  }

  /** Sends what is there; waits for the one before it. */
  async begin(): Promise<void> {
    await this.settled();
    const full = this.#filling;
    if (full.marks.size === 0) return;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#running = this.#sent(full).catch((error: unknown) => {
      this.#failure = error ?? new Error("sending failed without a reason");
    });
  }

  /** Rejects with what the last one failed with, for ever. */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Whatever becomes of the one that is under way. */
  async close(): Promise<void> {
    await this.#running;
  }

  async #sent(full: Of): Promise<void> {
    await this.#send(full);
    for (const [lane, end] of full.marks) this.#safe.set(lane, end);
    full.clear();
  }
}
