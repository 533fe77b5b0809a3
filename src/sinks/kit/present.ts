/** Records that were found behind the last durable mark when a sink opened: they come again from the journal and are left out. */
export class Present {
  readonly #lanes = new Map<string, Set<number>>();

  add(lane: string, seq: number): void {
    const seqs = this.#lanes.get(lane) ?? new Set();
    this.#lanes.set(lane, seqs.add(seq));
  }

  /** Whether it is there; asked once for each record. */
  take(lane: string, seq: number): boolean {
    return this.#lanes.get(lane)?.delete(seq) ?? false;
  }

  /** Forgets what lies before the marks: it cannot come again. How many still can. */
  forget(marks: Readonly<Record<string, number>>): number {
    let left = 0;
    for (const [lane, seqs] of this.#lanes) {
      const mark = marks[lane] ?? 0;
      for (const seq of seqs) if (seq < mark) seqs.delete(seq);
      left += seqs.size;
    }
    return left;
  }
}
