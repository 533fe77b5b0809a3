import { join } from "node:path";
import type { Region } from "../log/index.ts";
import { HOUR_US } from "../quality/index.ts";
import { HourFiles } from "../store/index.ts";
import type { LedgerQuery, LedgerSource } from "../servers/ledger.ts";
import type { CounterSample } from "../servers/ops-source.ts";
import type { Config } from "./config.ts";
import type { LaneConfig } from "./config/schema.ts";
import { LaneLedger } from "./ledger/lane.ts";
import type { SettledTrades } from "./lane/messages.ts";
import { pageText, readPages } from "./ledger/page.ts";
import type { LedgerPage } from "./ledger/page.ts";
import { select } from "./ledger/select.ts";
import type { LedgerReport } from "./ledger/select.ts";
import type { Log } from "./log.ts";

/** Between two looks at the lanes, ms: a ring of the default size holds a second of the busiest minute. */
const POLL_MS = 50;
/** Looks at what is left when the lanes have ended: more than the largest ring holds. */
const LAST_LOOKS = 1024;

/**
 * The ledger of a gateway: reads every lane beside all other readers, answers GET /ledger from memory, and where a folder
 * is configured writes an hour a file, whole each time, so that who is killed loses at most the time between two of them.
 */
export class GatewayLedger implements LedgerSource {
  readonly #settings: Config["ledger"];
  readonly #log: Log;
  readonly #lanes: LaneLedger[] = [];
  readonly #timer: NodeJS.Timeout;
  #written = Date.now();
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #failing = false;
  /** A look at what was left by the last one is on its way. */
  #again = false;
  #failed = 0;

  /** Throws when there is a folder and it cannot be used. */
  constructor(settings: Config["ledger"], log: Log) {
    this.#settings = settings;
    this.#log = log;
    if (settings.dir !== undefined) checkFolder(settings.dir);
    this.#timer = setInterval(() => this.poll(), POLL_MS);
  }

  /** Begins to read a lane; to be called as soon as its region is there. */
  watch(plan: LaneConfig, region: Region): void {
    const { dir, keep_hours: keepHours } = this.#settings;
    const from = Date.now() * 1000 - (keepHours + 1) * HOUR_US;
    const told = (file: string, reason: string): void =>
      this.#log.warn("ledger page not readable, left out", { file, reason });
    const pages = dir === undefined ? [] : readPages(new HourFiles(join(dir, plan.name)), from, told);
    this.#lanes.push(new LaneLedger({ plan, region, keepHours, pages }));
  }

  /** Reads what there is in every lane, and writes when it is time. */
  poll(): void {
    const now = Date.now();
    let more = false;
    for (const lane of this.#lanes) if (lane.poll(now * 1000)) more = true;
    if (more && !this.#again) setImmediate(() => this.#goOn());
    this.#again = more;
    const due = now - this.#written >= this.#settings.every_ms;
    if (due && !this.#busy && this.#settings.dir !== undefined) this.#write(false);
  }

  /** The lane looked for trades that will not come. What it said of them before is read first. */
  settle(lane: string, { instrument, ranges, outcome }: SettledTrades): void {
    this.poll();
    const { ledger } = this.#lanes.find(({ name }) => name === lane) ?? {};
    for (const [from, to] of ranges) ledger?.settle(instrument, from, to, outcome);
  }

  #goOn(): void {
    this.#again = false;
    this.poll();
  }

  report(query: LedgerQuery): LedgerReport {
    const now = Date.now() * 1000;
    const books = this.#lanes.map((lane) => ({
      name: lane.name,
      hours: lane.hours,
      page: (hour: number) => lane.page(hour, now),
    }));
    return select(books, query);
  }

  counters(): CounterSample[] {
    const failed = this.#sample(
      "write_failures_total",
      "files of the ledger that could not be written",
      "counter",
    );
    return [...this.#lanes.flatMap((lane) => this.#countersOf(lane)), failed({}, this.#failed)];
  }

  #countersOf({ name: lane, ledger, lost }: LaneLedger): CounterSample[] {
    const gaps = this.#sample("gaps_total", "gaps whose outcome is known", "counter");
    const open = this.#sample("gaps_open", "gaps of trades that may still be filled", "gauge");
    const unread = this.#sample("unread_slots_total", "slots the ledger was too slow to read", "counter");
    const settled = [...ledger.totals].map(([key, count]) => {
      const [cause, outcome] = key.split(" ") as [string, string];
      return gaps({ lane, cause, outcome }, count);
    });
    return [...settled, open({ lane }, ledger.open), unread({ lane }, lost)];
  }

  #sample(name: string, help: string, kind: "counter" | "gauge") {
    return (labels: Record<string, string>, value: number): CounterSample => ({
      name: `feedhorn_ledger_${name}`,
      help,
      kind,
      labels,
      value,
    });
  }

  /** Reads what the lanes have left, and writes it. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (let looks = 0; looks < LAST_LOOKS && this.#lanes.some(({ lag }) => lag > 0); looks++) this.poll();
    await this.#writing;
    if (this.#settings.dir !== undefined) this.#write(true);
    await this.#writing;
  }

  #write(stopped: boolean): void {
    this.#busy = true;
    this.#written = Date.now();
    const pages = this.#lanes.flatMap((lane) => pagesOf(lane, this.#written * 1000, stopped));
    this.#writing = this.#writeAll(pages).finally(() => {
      this.#busy = false;
    });
  }

  /** Told once when it begins to fail, and once when it works again. */
  async #writeAll(pages: readonly LedgerPage[]): Promise<void> {
    const { dir, keep_days: keepDays } = this.#settings;
    try {
      for (const page of pages) {
        const { lane, hour, closed } = page.head;
        const files = new HourFiles(join(dir!, lane));
        await files.write(hour, pageText(page));
        if (closed && keepDays > 0) await files.removeBefore(hour - keepDays * 24 * HOUR_US);
      }
      if (this.#failing) this.#log.info("ledger written again", { dir });
      this.#failing = false;
    } catch (error) {
      this.#failed += 1;
      for (const lane of this.#lanes)
        for (const { head } of pages) if (head.lane === lane.name) lane.ledger.hours.touch(head.hour);
      if (!this.#failing)
        this.#log.error("ledger not written, trying again", {
          dir,
          reason: error instanceof Error ? error.message : String(error),
        });
      this.#failing = true;
    }
  }
}

/** The current hour, and those that are over and have changed since they were last written. */
function pagesOf(lane: LaneLedger, now: number, stopped: boolean): LedgerPage[] {
  const current = lane.ledger.hour;
  if (current < 0) return [];
  const hours = [...lane.ledger.hours.takeChanged().filter((hour) => hour !== current), current];
  return hours.map((hour) => ({
    head: {
      lane: lane.name,
      hour,
      written: now,
      closed: hour !== current,
      stopped,
      region: lane.region,
      cursor: lane.cursorOf(hour),
    },
    ...lane.page(hour, now),
  }));
}

function checkFolder(dir: string): void {
  try {
    new HourFiles(dir).make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`ledger.dir: expected a folder that can be made at ${dir}, saw ${reason}`, {
      cause: error,
    });
  }
}
