import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConfig } from "../../src/app/config.ts";
import type { Config } from "../../src/app/config.ts";
import { readSecrets } from "../../src/app/config/secrets.ts";
import type { SinkConfig } from "../../src/app/config/sinks.ts";
import type { Kind } from "../../src/model/index.ts";
import type { OpenSink, Sink, SinkHost, SlotBatch } from "../../src/sinks/index.ts";
import { judged } from "./sink-judge.ts";
import type { Truth, Verdict } from "./sink-judge.ts";
import type { Feed } from "./sink-feed.ts";
import type { SinkTrial, TrialPlace, TrialServer } from "./sink-trial.ts";

export const LANES = ["a", "b"];
const LAST_LINES = 30;

/** Everything that was said of a sink, by whomever: where secrets are looked for. */
export class Said {
  readonly lines: string[] = [];
  readonly reports: { readonly level: string; readonly message: string }[] = [];
  /** States in turn, with the reasons. */
  readonly states: [state: string, reason: string][] = [];
  readonly figures = new Map<string, number>();

  add(what: unknown): void {
    this.lines.push(what instanceof Error ? `${what.stack} ${JSON.stringify(what)}` : JSON.stringify(what));
  }

  /** Secrets that stand in something that was said. */
  leaks(secrets: readonly string[]): string[] {
    return leaksIn(this.lines.join("\n"), secrets);
  }
}

/** Secrets in a text: as they are, quoted, in a URL, within something in base64. Only how long they are is told. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  const packed = text.match(/[\w+/-]{8,}/g) ?? [];
  const all = [text, ...packed.map((word) => Buffer.from(word, "base64").toString("latin1"))].join("\n");
  return secrets
    .filter((secret) => waysToWrite(secret).some((way) => all.includes(way)))
    .map((secret) => `a secret of ${secret.length} characters`);
}

function waysToWrite(secret: string): string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, quoted, encodeURI(secret), encodeURIComponent(secret), secret.replaceAll(" ", "+")];
}

/** One sink on a place of its own, opened as often as the test likes. */
export class Trial<Server extends TrialServer = TrialServer> {
  readonly place: TrialPlace<Server>;
  readonly said = new Said();
  readonly config: Config;
  readonly #sink: Sink;
  readonly #trial: SinkTrial<Server>;
  /** Variables that its options name. */
  readonly env: Readonly<Record<string, string>>;
  #open: OpenSink | null = null;

  constructor(
    sink: Sink,
    trial: SinkTrial<Server>,
    place: TrialPlace<Server>,
    { options, env }: Pick<SinkTrial<Server>, "options" | "env"> = trial,
  ) {
    this.#sink = sink;
    this.#trial = trial;
    this.place = place;
    this.env = env?.(place) ?? {};
    const said = { type: sink.type, name: place.word, ...options(place) };
    this.config = configured(said, place.dir, this.env);
  }

  get settings(): SinkConfig {
    return this.config.sinks[0]!;
  }

  get secrets(): string[] {
    return Object.values(this.env);
  }

  /** The last lines that the vendor's server printed; nothing where there is no server, or none that prints. */
  get serverSaid(): string {
    if (this.#trial.servers === undefined) return "";
    const lines = this.place.server.log?.().trimEnd().split("\n") ?? [];
    return lines.slice(-LAST_LINES).join("\n");
  }

  get sink(): OpenSink {
    return this.#open!;
  }

  async open(): Promise<void> {
    this.#open = await this.#sink.open(this.settings, this.#host());
  }

  write(batch: SlotBatch): Promise<"full" | void> {
    return this.sink.write(batch);
  }

  /** Events of a feed, as a host hands them over: without the kinds that the sink does not take. */
  batch(feed: Feed, from: number, to: number): SlotBatch {
    return feed.batch(from, to, this.#sink.accepts);
  }

  /** The events of a feed from the `from`-th on, in batches of growing size. */
  async writeAll(feed: Feed, from: number, step: number): Promise<void> {
    const events = feed.starts.length - 1;
    for (let at = from, many = step; at < events; many += 7) {
      const to = Math.min(events, at + many);
      if ((await this.write(this.batch(feed, at, to))) === "full") await this.flush();
      at = to;
    }
  }

  flush(): Promise<Readonly<Record<string, number>>> {
    return this.sink.flush();
  }

  async close(): Promise<void> {
    await this.#open?.close();
    this.#open = null;
  }

  /** What of a feed the vendor has to hold. */
  truth(feed: Feed, from = 0, to = feed.starts.length - 1): Truth {
    const [first, end] = [feed.starts[from]!, feed.starts[to]!];
    return feed.truth(({ seq, event }, kind) => seq >= first && seq < end && this.takes(event, kind));
  }

  takes(event: Readonly<Record<string, unknown>>, kind: Kind): boolean {
    const { accepts } = this.#sink;
    return (accepts === "all" || accepts.includes(kind)) && (this.#trial.takes?.(event) ?? true);
  }

  judge(lane: string, truth: Truth): Promise<Verdict> {
    return judged(truth, this.#trial.read(this.place, lane));
  }

  #host(): SinkHost {
    const { said } = this;
    return {
      name: this.settings.name,
      lanes: LANES,
      data: this.config.data.dir!,
      secrets: readSecrets(this.settings, this.env),
      report: (level, message, facts) => {
        said.reports.push({ level, message });
        said.add({ level, message, facts });
      },
      state: (state, reason = "") => {
        said.states.push([state, reason]);
        said.add({ state, reason });
      },
      figure: (kind, name, help, value) => {
        said.figures.set(name, value);
        said.add({ kind, name, help, value });
      },
    };
  }
}

/** A gateway's configuration with one sink, as of a file. */
export function configured(sink: object, dir: string, env: Readonly<Record<string, string>>): Config {
  const feeds = (i: number): object[] => [{ venue: "kraken", symbols: [`C${i}/USD`], channels: ["trade"] }];
  const input = {
    region: { dir: join(dir, "regions") },
    data: { dir: join(dir, "data") },
    lanes: LANES.map((name, i) => ({ name, feeds: feeds(i) })),
    sinks: [sink],
  };
  return checkConfig(input, "trial", env);
}

/** In all of a process: trials may share a server. */
let places = 0;

/** Places of one server, one for each test; they are gone with it. */
export class Places<Server extends TrialServer> {
  readonly #dirs: string[] = [];
  #server: Server | null = null;

  serve(server: Server): void {
    this.#server = server;
  }

  get server(): Server {
    if (this.#server === null) throw new Error("expected a server of the trial, saw none: say `servers`");
    return this.#server;
  }

  /** `server`: another way to it. */
  next(server: Server | null = null): TrialPlace<Server> {
    const dir = mkdtempSync(join(tmpdir(), "feedhorn-sink-"));
    this.#dirs.push(dir);
    places += 1;
    const place = { dir, word: `w${places}` };
    Object.defineProperty(place, "server", { get: () => server ?? this.server });
    return place as TrialPlace<Server>;
  }

  clear(): void {
    for (const dir of this.#dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  }
}
