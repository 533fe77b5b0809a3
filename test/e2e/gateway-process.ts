import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigInput } from "../../src/app/config/schema.ts";
import type { HealthReport } from "../../src/servers/ops-source.ts";
import { openRegion } from "../../src/store/index.ts";
import { programIn } from "../lossless/program.ts";

const START_MS = 60_000;

/** `feedhorn run` as a process of its own, on a folder of its own. */
export class GatewayProcess {
  readonly dir: string;
  readonly #config: string;
  /** The built program: five processes that load sources would take a minute on a busy machine. */
  readonly #main: string;
  #child: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);
  /** What it logged, one object a line; lines that are none as text. */
  log = "";
  url = "";

  /** Everything goes under a new folder, `remove` takes it away. */
  constructor(config: (dir: string) => ConfigInput) {
    this.dir = mkdtempSync(join(tmpdir(), "feedhorn-gateway-"));
    this.#config = join(this.dir, "config.json");
    this.#main = programIn(this.dir);
    const { ops, region, ...rest } = config(this.dir);
    const own = {
      ops: { port: 0, ...ops },
      region: { dir: join(this.dir, "regions"), slots: 16_384, ...region },
    };
    writeFileSync(this.#config, JSON.stringify({ ...own, ...rest }));
  }

  get data(): string {
    return join(this.dir, "data");
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  async start(): Promise<void> {
    this.log = "";
    const child = spawn(process.execPath, [this.#main, "run", this.#config], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
    const listening = new Promise<string>((resolve) => {
      child.stderr.on("data", (text: Buffer) => {
        this.log += text.toString();
        const url = /"url":"([^"]+)","msg":"operations server listening"/.exec(this.log)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(this.log)), START_MS).unref(),
    );
    const early = this.#ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${this.log}`)));
    early.catch(() => undefined);
    this.url = await Promise.race([listening, late, early]);
  }

  async health(): Promise<HealthReport> {
    return (await (await this.#get("/health")).json()) as HealthReport;
  }

  async metrics(): Promise<string> {
    return (await this.#get("/metrics")).text();
  }

  async ready(): Promise<boolean> {
    return (await this.#get("/ready")).status === 200;
  }

  async #get(path: string): Promise<Response> {
    try {
      return await fetch(this.url + path);
    } catch (error) {
      throw new Error(`${path}: ${String(error)}; the gateway said last: ${this.log.slice(-2000)}`, {
        cause: error,
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child!.kill(name);
  }

  /** Its exit code. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async remove(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Slots that a lane has committed ever. */
  head(lane: string): number {
    const handle = openRegion(join(this.dir, "regions", `${lane}.region`));
    try {
      return handle.region.head;
    } finally {
      handle.close();
    }
  }

  /** What the sink ndjson has of a lane. */
  lines(lane: string, sink = "ndjson"): Line[] {
    const folder = join(this.data, sink, lane);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .toSorted()
      .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
      .map((line) => JSON.parse(line) as Line);
  }
}

export interface Line {
  readonly log_seq: number;
  readonly slots: number;
  readonly type: string;
}

/** Whether lines follow each other without a gap and without one twice, and where they begin and end. */
export function tiled(lines: readonly Line[]): {
  first: number;
  end: number;
  faults: string[];
  holes: number;
} {
  const faults: string[] = [];
  let end = lines[0]?.log_seq ?? 0;
  for (const { log_seq: seq, slots } of lines) {
    if (seq !== end) faults.push(`expected ${end}, saw ${seq}`);
    end = seq + slots;
  }
  const holes = lines.filter(({ type }) => type === "hole").length;
  return { first: lines[0]?.log_seq ?? 0, end, faults: faults.slice(0, 5), holes };
}

export function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits for a condition that may ask the gateway; says what it saw last. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  good: (seen: T) => boolean,
  ms = 40_000,
): Promise<T> {
  let seen: unknown = "nothing";
  for (const end = performance.now() + ms; performance.now() < end;) {
    try {
      const now = await look();
      if (good(now)) return now;
      seen = now;
    } catch (error) {
      seen = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `expected ${what} within ${ms} ms, saw ${seen instanceof Error ? String(seen) : JSON.stringify(seen)}`,
  );
}
