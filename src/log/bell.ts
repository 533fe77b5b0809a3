/**
 * How the writer of a ring wakes readers that sleep. Nobody registers: a reader changes `sleeps` and then sleeps on
 * the low word of the head while that is what the reader has read up to; the writer looks at `sleeps` after each
 * commit and, when it has changed, wakes all who wait on that word. The system call itself stands in store/.
 *
 * Why no wake is lost. A reader whose cursor is the head h does, in this order,
 *
 *   R1  sleeps := sleeps + 1        R2  load head; unless it is still h, read on        R3  FUTEX_WAIT(head, h)
 *
 * and commit i of the writer, with `served` and `loaded` of its own,
 *
 *   W1  store head        W2  c := sleeps        W3  if c != served: wake all; served := loaded; loaded := c
 *
 * all of R1, R2, W1, W2 sequentially consistent, so in one order. Let i be the first commit whose W1 comes after R2.
 * Then R1 < R2 < W1 < W2, so c counts this reader. `served` was loaded before the W1 of an earlier commit, and that W1
 * came before R1: had it come between R1 and R2, R2 would have seen a head beyond h. So `served` does not count
 * this reader, c != served, and the writer wakes after it stored head. FUTEX_WAIT compares the head with h and queues
 * in one step towards FUTEX_WAKE: either it sees the new head and returns, or it is queued and woken.
 *
 * What that costs. With nobody asleep, one load per commit. A reader that goes to sleep costs at most two wakes, and
 * one that is killed in its sleep no more than that: the writer holds no list of sleepers that could go wrong.
 * A value of `sleeps` that comes back after exactly 2^32 sleeps, or a head after 2^32 slots, between two steps could
 * lose a wake, so readers sleep in bounded naps.
 */
export interface Bell {
  /** Word [0] is changed by each reader before it sleeps: counts sleeps, mod 2^32. */
  readonly sleeps: Int32Array;
  /** Wakes all who sleep on the head word. */
  ring(): void;
}

/** Of a writer that wakes nobody: its readers look again by themselves. */
export const NO_BELL: Bell = { sleeps: new Int32Array(1), ring: () => {} };
