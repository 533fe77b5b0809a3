import { isMainThread, parentPort, workerData } from "node:worker_threads";

/** A part of the gateway as it sees itself, thread or process. */
export interface Inside<Data, In, Out> {
  readonly data: Data;
  post(message: Out): void;
  /** Messages that came before this was called come now. */
  onMessage(take: (message: In) => void): void;
  /** Ends the part in order: everything posted arrives. */
  end(): Promise<void>;
}

/** Why a process ends, as its parent gets it. */
interface LastWords {
  readonly lastWords: string;
}

export function isLastWords(message: unknown): message is LastWords {
  return typeof message === "object" && message !== null && "lastWords" in message;
}

/** The whole of a module started by `startPart`. What `body` throws ends the part and is told to its parent. */
export function runPart<Data, In, Out>(body: (inside: Inside<Data, In, Out>) => Promise<void>): void {
  if (isMainThread) void runProcess(body);
  else void runThread(body);
}

async function runThread<Data, In, Out>(
  body: (inside: Inside<Data, In, Out>) => Promise<void>,
): Promise<void> {
  const port = parentPort!;
  try {
    await body({
      data: workerData as Data,
      post: (message) => port.postMessage(message),
      onMessage: (take) => void port.on("message", take),
      end: async () => port.close(),
    });
  } catch (error) {
    // Outside of the promise, so that the thread ends by it.
    setImmediate(() => {
      throw error;
    });
  }
}

/**
 * A process has no life of its own: without its parent it ends at once, as if killed. Signals of a terminal or a service
 * manager go to all processes, and it is the parent who says in which order they end.
 */
async function runProcess<Data, In, Out>(
  body: (inside: Inside<Data, In, Out>) => Promise<void>,
): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(1));
  process.on("uncaughtException", (error) => void fail(error));
  const box = new Mailbox<In>();
  try {
    const data = (await box.first()) as Data;
    const inside: Inside<Data, In, Out> = {
      data,
      post: (message) => void tell(message),
      onMessage: (take) => box.take(take),
      end: () => leave("ended", 0),
    };
    await body(inside);
  } catch (error) {
    await fail(error);
  }
}

/** Messages of the parent: the first is what the part is started with, the others wait until somebody takes them. */
class Mailbox<In> {
  readonly #waiting: unknown[] = [];
  #taker: ((message: unknown) => void) | null = null;

  constructor() {
    process.on("message", (message) => {
      if (this.#taker === null) this.#waiting.push(message);
      else this.#taker(message);
    });
  }

  first(): Promise<unknown> {
    return new Promise((resolve) => {
      this.#open((message) => {
        this.#taker = null;
        resolve(message);
      });
    });
  }

  take(take: (message: In) => void): void {
    this.#open(take as (message: unknown) => void);
  }

  #open(taker: (message: unknown) => void): void {
    this.#taker = taker;
    while (this.#taker !== null && this.#waiting.length > 0) this.#taker(this.#waiting.shift());
  }
}

/** Resolves when the message is written; also when the parent is gone, which ends this process anyhow. */
function tell(message: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

async function fail(error: unknown): Promise<void> {
  await leave(error instanceof Error ? error.message : String(error), 1);
}

/** Messages are written in order: when the last words are, everything before them is. */
async function leave(lastWords: string, code: number): Promise<void> {
  await tell({ lastWords } satisfies LastWords);
  process.exit(code);
}
