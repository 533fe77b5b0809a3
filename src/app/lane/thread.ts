import type { Worker } from "node:worker_threads";
import { Region } from "../../log/index.ts";
import { openRegion } from "../../store/index.ts";
import { readKeys } from "../config/keys.ts";
import { readProxies } from "../config/proxy.ts";
import type { Config } from "../config.ts";
import type {
  FeedRoster,
  LaneAnswer,
  LaneAsk,
  LaneData,
  LaneMessage,
  LaneOrder,
  SettledTrades,
} from "./messages.ts";
import type { Log } from "../log.ts";
import { UnknownFrames } from "../frames/unknown-frames.ts";
import { startWorker } from "../worker.ts";

const STOP_MS = 5000;

/** A lane that is busy answers late; one that does not answer for so long, ms, does not answer. */
const ANSWER_MS = 5000;

/** A running lane as the gateway sees it: a thread to stop, and a region to read. */
export interface LaneThread {
  readonly name: string;
  readonly path: string | null;
  readonly region: Region;
  /** Resolves with a reason when the thread ends without having been told to. */
  readonly failed: Promise<string>;
  /** What its feeds listen to; null until it is known. */
  roster(): readonly FeedRoster[] | null;
  /** Tells from now on of trades that the lane looked for and that will not come. */
  onSettled(told: (message: SettledTrades) => void): void;
  /** Rejects when the lane does not answer in time. */
  ask(ask: LaneAsk): Promise<LaneAnswer>;
  stop(): Promise<void>;
}

/** Starts the thread of lane `index` and waits for its region. Rejects with the lane's own words when it cannot start. */
export function startLane(config: Config, index: number, log: Log): Promise<LaneThread> {
  const { name, feeds } = config.lanes[index]!;
  const data: LaneData = { config, index, proxies: readProxies(), keys: readKeys(feeds) };
  const worker = startWorker(new URL(`./worker${extension()}`, import.meta.url), { workerData: data });
  const state: State = { stopping: false, roster: null };
  const asked = new Asked(name, worker);
  const { file, max_bytes: most } = config.unknown_frames;
  const unknown = file === undefined ? null : new UnknownFrames(file, most, log);
  const failed = new Promise<string>((resolve) => {
    worker.on("error", (error) => resolve(error.message));
    worker.on("exit", (code) => {
      if (!state.stopping) resolve(`thread ended with code ${code}`);
    });
    worker.on("message", (message: LaneMessage) => {
      if (message.type === "failed") resolve(message.message);
      else if (message.type === "roster") state.roster = message.feeds;
      else if (message.type === "frame") unknown?.keep(message.venue, message.ts, message.bytes);
      else if (message.type === "answer") asked.answered(message.id, message.answer);
      else if (message.type === "report")
        log[message.level](message.message, { lane: name, ...message.facts });
    });
  });
  return new Promise((resolve, reject) => {
    void failed.then((reason) => reject(new Error(`lane ${name}: ${reason}`)));
    worker.on("message", (message: LaneMessage) => {
      if (message.type !== "region") return;
      log.info("region open", { lane: name, path: message.path ?? "none", state: message.note });
      const region = message.path === null ? new Region(message.buffer!) : openRegion(message.path).region;
      resolve({
        name,
        path: message.path,
        region,
        failed,
        roster: () => state.roster,
        onSettled: (told) =>
          worker.on("message", (said: LaneMessage) => {
            if (said.type === "settled") told(said);
          }),
        ask: (ask) => asked.ask(ask),
        stop: () => stopWorker(worker, state),
      });
    });
  });
}

interface State {
  stopping: boolean;
  roster: readonly FeedRoster[] | null;
}

/** Questions to a lane's thread that wait for their answers. */
class Asked {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: LaneAnswer) => void>();
  #next = 1;

  constructor(name: string, worker: Worker) {
    this.#name = name;
    this.#worker = worker;
  }

  ask(ask: LaneAsk): Promise<LaneAnswer> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(
          new Error(`lane ${this.#name}: expected an answer within ${ANSWER_MS} ms, saw none; try again`),
        );
      }, ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.#worker.postMessage({ type: "ask", id, ask } satisfies LaneOrder);
    });
  }

  answered(id: number, answer: LaneAnswer): void {
    this.#waiting.get(id)?.(answer);
  }
}

function extension(): ".ts" | ".js" {
  return import.meta.url.endsWith(".ts") ? ".ts" : ".js";
}

/** Asks, waits, and only then ends the thread by force. */
async function stopWorker(worker: Worker, state: State): Promise<void> {
  if (state.stopping) return;
  state.stopping = true;
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.postMessage({ type: "stop" } satisfies LaneOrder);
  const timer = setTimeout(() => void worker.terminate(), STOP_MS);
  await ended;
  clearTimeout(timer);
}
