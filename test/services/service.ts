import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ANSWERS } from "./answers.ts";
import type { Certs, Place } from "./answers.ts";
import { familyOf, isAlive, signalAll, standsStill } from "./family.ts";
import { freePort } from "./ports.ts";

export const SERVICES = ["redis", "postgres", "nats", "kafka", "pulsar", "questdb", "clickhouse"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface ServiceOptions {
  /** Clients must give it. Pulsar signs tokens with it: clients give `Service.token`. */
  readonly password?: string;
  readonly user?: string;
  /** TLS only; `Service.certs` tells the files. */
  readonly tls?: boolean;
  /** And a client certificate is asked for. */
  readonly clientCert?: boolean;
  /** Settings of the server, in its own words. */
  readonly set?: Readonly<Record<string, string>>;
}

const SCRIPT = join(import.meta.dirname, "../../scripts/services.sh");
/** Busy machines start a JVM slowly. */
const START_MS = 180_000;
const END_MS = 15_000;
/**
 * SIGKILL cuts a write() that is under way in two, at the end of a page. Whose journal cannot tell half a record from a whole one, and is the only
 * copy, never opens it again (scripts/services/pulsar.sh): such a server is made to stand still first, which waits for the end of the write.
 */
const DIES_BETWEEN_WRITES: ReadonlySet<ServiceName> = new Set(["pulsar"]);

/** Everything that was started here and may still run. */
const running = new Set<Service>();
process.once("exit", () => {
  for (const one of running) one.remove();
});

/** One real server in a folder and on a port of its own. It ends with this process, whatever happens. */
export class Service implements Place {
  readonly name: ServiceName;
  readonly host = "127.0.0.1";
  readonly port: number;
  /** Kafka's controller, Pulsar's own protocol. */
  readonly port2: number;
  /** All it keeps; `log` is its output. */
  readonly dir: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly certs: Certs | null;
  readonly #options: ServiceOptions;
  #child: ChildProcess | null = null;
  #paused: readonly number[] = [];

  constructor(
    name: ServiceName,
    options: ServiceOptions,
    place: { dir: string; port: number; port2: number },
  ) {
    this.name = name;
    this.dir = place.dir;
    this.port = place.port;
    this.port2 = place.port2;
    this.user = options.user ?? null;
    this.password = options.password ?? null;
    this.certs = options.tls === true ? certsIn(join(place.dir, "certs")) : null;
    this.#options = options;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} does not run: start() it first`);
    return this.#child.pid;
  }

  /** Host and port, as most clients take them. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** What Pulsar's clients give; null without a password. */
  get token(): string | null {
    return this.password === null ? null : readFileSync(join(this.dir, "token"), "utf8").trim();
  }

  /** What the server printed since it was made. */
  log(): string {
    return readFileSync(join(this.dir, "log"), "utf8");
  }

  /** On the same folder and port as before. Resolves when it answers. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`${this.name} runs already: kill() or stop() it first`);
    const log = openSync(join(this.dir, "log"), "a");
    const child = spawn(SCRIPT, this.#words(), { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    running.add(this);
    for (const end = Date.now() + START_MS; ;) {
      if (await ANSWERS[this.name](this).catch(() => false)) return;
      if (child.exitCode !== null || child.signalCode !== null) break;
      if (Date.now() > end) break;
      await sleep(30);
    }
    await this.kill();
    throw new Error(
      `expected ${this.name} to answer on ${this.address}, saw none: ${this.log().slice(-2000)}`,
    );
  }

  /** SIGKILL for all its processes at once; resolves when they are gone. */
  async kill(): Promise<void> {
    if (this.#child === null) return;
    const family = familyOf(this.pid);
    if (DIES_BETWEEN_WRITES.has(this.name)) await this.#standStill(family);
    signalAll(family, "SIGKILL");
    await this.#gone(family, END_MS);
    this.#child = null;
    this.#paused = [];
    running.delete(this);
  }

  async #standStill(family: readonly number[]): Promise<void> {
    signalAll(family, "SIGSTOP");
    for (const end = Date.now() + END_MS; Date.now() < end && !family.every(standsStill);) await sleep(1);
  }

  /** Stands still, with open connections: nobody answers. */
  pause(): void {
    this.#paused = familyOf(this.pid);
    signalAll(this.#paused, "SIGSTOP");
  }

  resume(): void {
    signalAll(this.#paused.toReversed(), "SIGCONT");
    this.#paused = [];
  }

  /** The proper end, data kept. */
  async stop(): Promise<void> {
    if (this.#child === null) return;
    if (this.#paused.length > 0) this.resume();
    const family = familyOf(this.pid);
    // PostgreSQL's word for "now, but properly".
    signalAll([this.pid], this.name === "postgres" ? "SIGINT" : "SIGTERM");
    await this.#gone(family, END_MS).catch(() => undefined);
    await this.kill();
  }

  /** Ends it and takes its folder away; the only one that does. */
  remove(): void {
    if (this.#child !== null) signalAll(familyOf(this.pid), "SIGKILL");
    running.delete(this);
    this.#child = null;
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  async #gone(family: readonly number[], ms: number): Promise<void> {
    for (const end = Date.now() + ms; family.some(isAlive);) {
      if (Date.now() > end) throw new Error(`${this.name}: expected processes ${family.join(" ")} to end`);
      await sleep(10);
    }
  }

  #words(): string[] {
    const { user, password, tls, clientCert, set } = this.#options;
    const words = ["run", this.name, "--port", `${this.port}`, "--port2", `${this.port2}`];
    words.push("--dir", this.dir, "--with-parent");
    if (user !== undefined) words.push("--user", user);
    if (password !== undefined) words.push("--password", password);
    if (tls === true) words.push("--tls", join(this.dir, "certs"));
    if (clientCert === true) words.push("--client-cert");
    for (const [key, value] of Object.entries(set ?? {})) words.push("--set", `${key}=${value}`);
    return words;
  }
}

/** Starts a real server and waits until it answers. `remove()` it afterwards. */
export async function startService(name: ServiceName, options: ServiceOptions = {}): Promise<Service> {
  const dir = mkdtempSync(join(tmpdir(), `feedhorn-${name}-`));
  const service = new Service(name, options, { dir, port: await freePort(), port2: await freePort() });
  try {
    await service.start();
  } catch (error) {
    service.remove();
    throw error;
  }
  return service;
}

/** Makes them where there are none yet. */
function certsIn(dir: string): Certs {
  const { status, stderr } = spawnSync(SCRIPT, ["certs", dir], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return { ca: join(dir, "ca.crt"), cert: join(dir, "client.crt"), key: join(dir, "client.key") };
}

const missing = new Map<ServiceName, string | null>();

/** Why there is no such server here; null when there is. In CI all are there: then it throws. */
function missingOf(name: ServiceName): string | null {
  if (!missing.has(name)) {
    const { status, stdout, stderr } = spawnSync(SCRIPT, ["missing", name], { encoding: "utf8" });
    missing.set(name, status === 0 ? null : (stdout + stderr).trim());
  }
  const why = missing.get(name)!;
  if (why !== null && process.env["CI"] !== undefined) throw new Error(why);
  return why;
}

export const services = { missing: missingOf };
