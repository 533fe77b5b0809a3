import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJournalMarks } from "../../src/log/index.ts";
import type { ConfigInput } from "../../src/app/config/schema.ts";
import type { HealthReport } from "../../src/servers/ops-source.ts";
import { defaultDir, openRegion, processAlive } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { Program, programIn } from "./program.ts";
import type { Testimony } from "./witness.ts";

export const LANE = "main";
/** Binance's books are left out: their frames would have to be true, as the simulator's are. */
const FLOODED = ["trade", "quote"] as const;
const CHANNELS = ["trade", "quote", "book", "ticker"] as const;
const START_MS = 120_000;
const POLL_MS = 25;
const ROOT = join(import.meta.dirname, "../..");

export interface HouseOptions {
  readonly seed?: string;
  /** Of the market. */
  readonly messagesPerSecond?: number;
  /** More of the configuration, over what the house says itself. */
  readonly config?: Omit<Partial<ConfigInput>, "region" | "ops" | "lanes">;
  /** Slots of the ring. */
  readonly slots?: number;
  /** Keys of the default sink. */
  readonly lake?: object;
  readonly env?: NodeJS.ProcessEnv;
}

interface Market {
  readonly endpoints: Readonly<Record<string, { readonly ws: string; readonly rest: string }>>;
  readonly symbols: Readonly<Record<string, readonly string[]>>;
  readonly control: string;
}

/** A market under load, a gateway as users start it, and a witness of its ring: each a process of its own. */
export class House {
  readonly folder: string;
  readonly data: string;
  readonly regions: string;
  readonly #options: HouseOptions;
  /** The command's entry. */
  readonly main: string;
  #port = 0;
  #market!: Program;
  #announced!: Market;
  #witness!: Program;
  #gateway: Program | null = null;

  private constructor(options: HouseOptions) {
    this.#options = options;
    this.folder = fs.mkdtempSync(join(tmpdir(), "feedhorn-lossless-"));
    this.data = join(this.folder, "data");
    // where lanes live; on another file system the kernel would write their pages out
    const memory = process.platform === "linux" ? dirname(defaultDir()) : tmpdir();
    this.regions = fs.mkdtempSync(join(memory, "feedhorn-lossless-"));
    this.main = programIn(this.folder);
  }

  /** Everything but the gateway. */
  static async build(options: HouseOptions = {}): Promise<House> {
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-b"], { cwd: ROOT });
    const house = new House(options);
    house.#port = await freePort();
    const { messagesPerSecond = 20_000, seed = "1" } = options;
    const errors = house.log("others");
    house.#market = Program.script("market.ts", [String(messagesPerSecond), seed], { errors });
    fs.mkdirSync(join(house.folder, "witness"));
    house.#witness = Program.script("witness.ts", [house.region, join(house.folder, "witness")], { errors });
    house.#announced = await house.#market.answer<Market>();
    fs.writeFileSync(join(house.folder, "feedhorn.json"), JSON.stringify(house.#config(), null, 2));
    return house;
  }

  get region(): string {
    return join(this.regions, `${LANE}.region`);
  }

  /** What the region says of its journal: everything below is said to be on the disk. */
  durable(): number {
    return readJournalMarks(openRegion(this.region).region.marks).durable;
  }

  log(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** What the gateway has logged so far, of all its lives. */
  logged(): Readonly<Record<string, unknown>>[] {
    const text = fs.existsSync(this.log("gateway")) ? fs.readFileSync(this.log("gateway"), "utf8") : "";
    return text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return line === "" ? [] : [{ level: "error", msg: line }]; // what no log wrote: a crash
      }
    });
  }

  /** Starts the gateway, and waits for nothing. */
  start(): void {
    const { env } = this.#options;
    const errors = this.log("gateway");
    this.#gateway = new Program([this.main, "run", join(this.folder, "feedhorn.json")], { errors, env });
  }

  get gatewayPid(): number {
    return this.#gateway!.pid;
  }

  get gatewayEnded(): Promise<string> {
    return this.#gateway!.ended;
  }

  /** Null while nobody answers. */
  async health(): Promise<HealthReport | null> {
    try {
      const url = `http://127.0.0.1:${this.#port}/health`;
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      return (await response.json()) as HealthReport;
    } catch {
      return null;
    }
  }

  /** Asks until the answer is one; rejects in time, and when the gateway ends. */
  async until<T>(
    what: string,
    wanted: (health: HealthReport) => T | null | false,
    ms = START_MS,
  ): Promise<T> {
    const ended = this.gatewayEnded.then((how) => {
      throw new Error(`expected ${what}, saw the gateway end with ${how}: ${this.lastWords()}`);
    });
    ended.catch(() => undefined);
    let seen: HealthReport | null = null;
    for (const end = performance.now() + ms; performance.now() < end;) {
      seen = await Promise.race([this.health(), ended]);
      const found = seen === null ? null : wanted(seen);
      if (found !== null && found !== false) return found;
      await sleep(POLL_MS);
    }
    throw new Error(`expected ${what} within ${ms} ms, saw ${JSON.stringify(seen)}: ${this.lastWords()}`);
  }

  /** Every part runs and every book is live. */
  async live(): Promise<void> {
    await this.until("a gateway that is live", ({ parts, venues }) => {
      const states = Object.values(parts).map(({ state }) => state);
      const books = Object.values(venues);
      return (
        states.length > 0 &&
        states.every((state) => state === "running") &&
        books.length > 0 &&
        books.every(({ state }) => state === "live")
      );
    });
  }

  /** Process of a part that runs, and that is not `before`. */
  pidOf(part: string, before = 0): Promise<number> {
    return this.until(`${part} running`, ({ parts }) => {
      const one = parts[part];
      return one?.state === "running" && one.pid !== null && one.pid !== before && one.pid;
    });
  }

  async kill(): Promise<void> {
    await this.#gateway?.kill();
  }

  /** All processes of the gateway at once, as a loss of power ends them. */
  async killAll(): Promise<void> {
    const parts = Object.values((await this.health())?.parts ?? {}).map(({ pid }) => pid);
    const pids = new Set([this.gatewayPid, ...parts.filter((pid) => pid !== null)]);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await this.gatewayEnded;
    while ([...pids].some(processAlive)) await sleep(5);
  }

  /** SIGTERM. Resolves with how it ended. */
  async stop(): Promise<string> {
    this.#gateway!.signal("SIGTERM");
    return this.gatewayEnded;
  }

  /** What was on the ring, from its first slot to now. */
  testimony(): Promise<Testimony[]> {
    return this.#witness.ask<Testimony[]>("tell");
  }

  /** Messages sent ever, by the simulator's own count. */
  async sent(): Promise<number> {
    const response = await fetch(this.#announced.control);
    return ((await response.json()) as { messages: number }).messages;
  }

  /** Ends everything. The folder stays where a test failed: `keep`. */
  async close(keep = false): Promise<void> {
    for (const one of [this.#gateway, this.#witness, this.#market]) await one?.kill();
    fs.rmSync(this.regions, { recursive: true, force: true });
    if (!keep) fs.rmSync(this.folder, { recursive: true, force: true });
  }

  lastWords(): string {
    return this.logged()
      .slice(-5)
      .map((line) => JSON.stringify(line))
      .join("\n");
  }

  #config(): ConfigInput {
    const { endpoints, symbols } = this.#announced;
    const { slots, lake, config } = this.#options;
    const feeds = Object.entries(endpoints).map(([venue, { ws, rest }]) => ({
      venue: venue as "binance",
      symbols: [...symbols[venue]!],
      channels: (venue === "binance" ? FLOODED : CHANNELS).filter((channel) =>
        venueById(venue)!.sockets.some((socket) => socket.channels.includes(channel)),
      ),
      ws_url: ws,
      rest_url: rest,
      backoff: { min_ms: 20, max_ms: 200 },
      ...(venue === "binance" ? { backfill: "off" as const } : {}),
    }));
    return {
      data: { dir: this.data },
      region: { dir: this.regions, ...(slots === undefined ? {} : { slots }) },
      ops: { port: this.#port },
      // the tests end parts more often than any machine does
      supervisor: { restarts: 1_000_000, window_ms: 100 },
      journal: { isolation: "process", segment_bytes: 4 << 20 },
      lanes: [{ name: LANE, isolation: "process", feeds }],
      sinks: [{ type: "parquet", name: "lake", ...lake } as never],
      ...config,
    };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
