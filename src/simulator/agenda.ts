interface Task {
  readonly at: number;
  readonly order: number;
  readonly every: number;
  readonly run: (at: number) => void;
}

/** Things that happen at simulated times (UNIX us), in time order; equal times in the order they were planned. */
export class Agenda {
  /** Latest first: the next task is the last element. */
  readonly #tasks: Task[] = [];
  #order = 0;

  get size(): number {
    return this.#tasks.length;
  }

  once(at: number, run: (at: number) => void): void {
    this.#insert({ at, order: this.#order++, every: 0, run });
  }

  /** Runs at first, first + every, ... */
  repeat(first: number, every: number, run: (at: number) => void): void {
    if (!(every >= 1)) throw new RangeError(`agenda: expected a period of at least 1 us, saw ${every}`);
    this.#insert({ at: first, order: this.#order++, every, run });
  }

  /** Runs what is due up to and including `to`; `before(at)` brings the world to the task's time first. */
  run(to: number, before: (at: number) => void): void {
    for (;;) {
      const task = this.#tasks.at(-1);
      if (task === undefined || task.at > to) return;
      const at = task.at;
      this.#tasks.pop();
      if (task.every > 0) this.#insert({ ...task, at: at + task.every });
      before(at);
      task.run(at);
    }
  }

  #insert(task: Task): void {
    let low = 0;
    let high = this.#tasks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isLater(this.#tasks[middle]!, task)) low = middle + 1;
      else high = middle;
    }
    this.#tasks.splice(low, 0, task);
  }
}

function isLater(a: Task, b: Task): boolean {
  return a.at > b.at || (a.at === b.at && a.order > b.order);
}
