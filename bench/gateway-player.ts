/** What the two clients of the flood have in common: asked over IPC, they play the stream once and say what it cost. */
import type { RecordedConnection } from "./frames-record.ts";
import type { Book } from "./frames-expected.ts";

/** From the bench to a client: first the recording, then one order per round. */
export type Order =
  | { type: "recording"; connections: RecordedConnection[] }
  | { type: "play"; port: number; books: boolean };

/** One round. */
export interface Played {
  /** From "go" to the last frame handled. */
  ns: number;
  /** CPU of the whole process in that time, ns. */
  cpu: number;
  messages: number;
  /** Events handed on, by kind. */
  trades: number;
  quotes: number;
  books: number;
  /** What must not be: a name with a number above 0 for each. */
  faults: Record<string, number>;
  /** By venue and symbol; null unless asked for, or when the client keeps no books. */
  state: Record<string, Book> | null;
}

/** One round in the making: opens its sockets, then says "go" on all of them and counts frames to the last. */
export interface Round {
  /** Resolves when every socket is open. */
  open(port: number): Promise<void>;
  /** Starts the stream; resolves when the last frame was handled. */
  run(): Promise<void>;
  close(books: boolean): Promise<Omit<Played, "ns" | "cpu" | "messages">>;
}

/** Plays rounds for the bench until it disconnects. */
export function servePlayer(make: (connections: readonly RecordedConnection[]) => Round): void {
  let connections: RecordedConnection[] = [];
  const play = async (port: number, books: boolean): Promise<Played> => {
    const round = make(connections);
    await round.open(port);
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    await round.run();
    const ns = Number(process.hrtime.bigint() - start);
    const { user, system } = process.cpuUsage(cpu);
    const messages = connections.reduce((sum, { frames }) => sum + frames, 0);
    return { ns, cpu: (user + system) * 1000, messages, ...(await round.close(books)) };
  };
  process.on("message", (order: Order) => {
    if (order.type === "recording") connections = order.connections;
    else void play(order.port, order.books).then((played) => process.send?.(played));
  });
  process.once("disconnect", () => process.exit());
}

/** Counts frames of all connections down; `done` resolves at the last. */
export class Countdown {
  readonly done: Promise<void>;
  #left: number;
  #finish: () => void = () => {};

  constructor(connections: readonly RecordedConnection[]) {
    this.#left = connections.reduce((sum, { frames }) => sum + frames, 0);
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  count(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#finish();
  }
}
