interface Task {
  at: number;
  readonly order: number;
  readonly every: number;
  readonly run: (at: number) => void;
}

/** Things that happen at simulated times (UNIX us), in time order; equal times in the order they were planned. */
export class Agenda {
  readonly #tasks: Task[] = [];
  #order = 0;

  get size(): number {
    return this.#tasks.length;
  }

  once(at: number, run: (at: number) => void): void {
    this.#tasks.push({ at, order: this.#order++, every: 0, run });
  }

  /** Runs at first, first + every, ... */
  repeat(first: number, every: number, run: (at: number) => void): void {
    if (!(every >= 1)) throw new RangeError(`agenda: expected a period of at least 1 us, saw ${every}`);
    this.#tasks.push({ at: first, order: this.#order++, every, run });
  }

  /** Runs what is due up to and including `to`; `before(at)` brings the world to the task's time first. */
  run(to: number, before: (at: number) => void): void {
    for (;;) {
      const task = this.#earliest();
      if (task === undefined || task.at > to) return;
      const at = task.at;
      if (task.every === 0) this.#tasks.splice(this.#tasks.indexOf(task), 1);
      else task.at += task.every;
      before(at);
      task.run(at);
    }
  }

  #earliest(): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks)
      if (first === undefined || task.at < first.at || (task.at === first.at && task.order < first.order))
        first = task;
    return first;
  }
}
