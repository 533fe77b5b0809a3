import type { FaultName, FaultRecord } from "../../simulator/index.ts";
import { faultOf } from "../../simulator/index.ts";
import type { Venue } from "../../model/index.ts";
import { startRig } from "./rig.ts";
import { LedgerTrial } from "./ledger-trial.ts";
import type { LedgerComplaint, LedgerScore } from "./ledger-trial.ts";
import type { Rig } from "./rig.ts";
import { chaosScript } from "./script.ts";
import { TradeBooks } from "./trade-book.ts";
import { allowedUntil, complaint } from "./verdict.ts";
import { LOOK_MS, Watch } from "./watch.ts";
import type { Outage } from "./watch.ts";

/** What one run is made of; the same settings are the same faults at the same simulated times. */
export interface ChaosSettings {
  readonly seed: string;
  readonly venues: readonly Venue[];
  /** Simulated minutes in which faults strike; healing takes what it takes after that. */
  readonly minutes: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
  /** Faults a simulated minute at each venue. */
  readonly perMinute: number;
  /** Instruments per venue. */
  readonly instruments: number;
  /** Book changes per simulated second and instrument. */
  readonly rate: number;
  /** Faults to draw from, and those sent along with them; left out: all. */
  readonly only?: readonly FaultName[] | undefined;
}

/** An outage, and what is wrong with it, if anything. */
export interface JudgedOutage extends Outage {
  readonly complaint: string | null;
}

export interface ChaosRun {
  readonly settings: ChaosSettings;
  readonly faults: readonly FaultRecord[];
  /** Faults that were planned; those that wait for a frame may not have met one. */
  readonly planned: number;
  readonly outages: readonly JudgedOutage[];
  /** Live commits that were compared and equal to the truth, by venue. */
  readonly equal: Readonly<Record<string, number>>;
  /** What the ledger said of trades, by venue. */
  readonly ledger: readonly LedgerScore[];
  /** Everything that must not be, in words. Empty: the run is clean. */
  readonly violations: readonly string[];
  readonly slots: number;
  readonly simulatedMs: number;
  /** Simulated ms in which this process got no turn: nobody is blamed for them. */
  readonly starvedMs: number;
  readonly realMs: number;
  /** What the lane reported, for whoever has to find out why. */
  readonly reports: readonly string[];
}

export interface ChaosProgress {
  readonly seed: string;
  readonly simulatedMs: number;
  readonly struck: number;
  readonly equal: number;
  readonly notLive: number;
}

/** Simulated UNIX time at the start, us: faults count from here, and dated instruments are not yet over. */
const ORIGIN = 1_795_000_000_000_000;
/** Half-open connections are found by silence, which the lane measures in real time. */
const IDLE_MS = 3000;
/** All books have to be live within this, real ms, before the first fault. */
const START_MS = 60_000;
/** Faults are over and every book live for this long: the run is, simulated ms. */
const CALM_MS = 5_000;
/** Missed trades are asked for, and what is missing has shown, within this, real ms after that. */
const SETTLED_MS = 60_000;
/** The venue's list is fetched this often, real ms: an instrument that leaves it or comes back is found within a few of these. */
const REFRESH_MS = 500;
/** Each lane's ring and table are small: the reader looks fifty times a second. */
const SLOTS = 1 << 16;
const ROWS = 64;

/** Faults after which nobody asks any more for trades that were missed before. */
const ENDS: ReadonlySet<FaultName> = new Set<FaultName>(["delist", "expire", "restart_ids"]);

/** One run: simulator and lane joined by real sockets, faults from the seed, and a reader that compares. */
export async function runChaos(
  settings: ChaosSettings,
  tell: (progress: ChaosProgress) => void = () => undefined,
): Promise<ChaosRun> {
  const started = performance.now();
  const { venues, seed, speed, rate, instruments } = settings;
  const feed = { idleMs: IDLE_MS, backfill: true, refreshMs: REFRESH_MS };
  const books = new TradeBooks();
  const onTrade = books.take;
  const sizes = { slots: SLOTS, rows: ROWS * venues.length };
  const market = { venues, seed, speed, rate, instruments, origin: ORIGIN, onTrade, dated: true };
  const rig = await startRig({ ...market, feed, ...sizes });
  try {
    const trial = new Trial(rig, settings, new LedgerTrial(rig, books), tell);
    const planned = await trial.run();
    return { ...trial.report(), planned, realMs: performance.now() - started };
  } finally {
    await rig.close();
  }
}

class Trial {
  readonly #rig: Rig;
  readonly #settings: ChaosSettings;
  readonly #watch: Watch;
  readonly #ledger: LedgerTrial;
  readonly #tell: (progress: ChaosProgress) => void;
  readonly #faults: FaultRecord[] = [];
  #notLive = false;

  constructor(
    rig: Rig,
    settings: ChaosSettings,
    ledger: LedgerTrial,
    tell: (progress: ChaosProgress) => void,
  ) {
    this.#ledger = ledger;
    this.#rig = rig;
    this.#settings = settings;
    this.#tell = tell;
    this.#watch = new Watch(rig, ORIGIN, settings.speed);
  }

  /** Returns how many faults were planned; 0 when the books never became live. */
  async run(): Promise<number> {
    const began = performance.now();
    this.#look();
    await this.#until(() => this.#watch.calm || performance.now() - began > START_MS);
    this.#notLive = !this.#watch.calm;
    if (this.#notLive) return 0;
    // What was not live before the first fault is the start, no outage.
    this.#watch.outages.length = 0;
    const { minutes, ...plan } = this.#settings;
    const length = minutes * 60_000;
    const base = this.#watch.now;
    const script = chaosScript({ ...plan, symbols: this.#rig.simulator.symbols, length });
    this.#rig.simulator.plan(script.map((entry) => ({ ...entry, at: base + entry.at })));
    let ended = Infinity;
    await this.#until(() => {
      // What strikes last may show while trades are still asked for: all of it has to be over at once.
      if (this.#watch.now < base + length || !this.#over()) return false;
      ended = Math.min(ended, performance.now());
      return this.#ledger.done || performance.now() - ended > SETTLED_MS;
    });
    return script.length;
  }

  report(): Omit<ChaosRun, "planned" | "realMs"> {
    const { reader, now } = this.#watch;
    const outages = this.#watch.outages.map((outage) => this.#judge(outage));
    const { scores, complaints } = this.#ledger.judge(Date.now() * 1000);
    return {
      settings: this.#settings,
      faults: this.#faults,
      outages,
      equal: reader.verdicts.of,
      ledger: scores,
      violations: [...this.#violations(outages), ...this.#missed(complaints)],
      slots: reader.reader.cursor,
      simulatedMs: now,
      starvedMs: this.#watch.starved,
      reports: this.#rig.reports,
    };
  }

  #judge(outage: Outage): JudgedOutage {
    const { speed } = this.#settings;
    return { ...outage, complaint: complaint(outage, this.#faults, speed, LOOK_MS * speed) };
  }

  /** An instrument that was off the list is a new one afterwards; the ids of a numbering that ended mean others now. */
  #missed(complaints: readonly LedgerComplaint[]): string[] {
    const ended = (one: LedgerComplaint): boolean =>
      this.#faults.some(
        ({ fault, venue, symbol }) =>
          ENDS.has(fault) && venue === one.venue && (symbol === null || symbol === one.symbol),
      );
    return complaints.filter((one) => !one.fetchable || !ended(one)).map(({ what }) => what);
  }

  #violations(outages: readonly JudgedOutage[]): string[] {
    const { verdicts, lost } = this.#watch.reader;
    return [
      ...(this.#notLive ? [`not every book was live ${START_MS} ms after the start, without any fault`] : []),
      ...verdicts.wrong.map((one) => `live and wrong: ${one}`),
      ...(verdicts.unknown > 0
        ? [`live in a state the venue never had: ${verdicts.unknown} commits, first ${verdicts.firstUnknown}`]
        : []),
      ...(lost > 0
        ? [`the reader lost ${lost} slots: this machine is too slow for the speed asked for`]
        : []),
      ...outages.flatMap((one) => one.complaint ?? []),
    ];
  }

  /** Every fault is over and nothing is wrong any more, or nothing is allowed to be. */
  #over(): boolean {
    const { now } = this.#watch;
    const { speed, venues } = this.#settings;
    const ends = this.#faults.map((fault) => (faultOf(fault.fault).fromStart ? fault.at : fault.until));
    if (now < Math.max(0, ...ends) + CALM_MS) return false;
    if (this.#watch.calm) return true;
    const bounds = this.#faults.map((fault) => allowedUntil(fault, venueOf(fault, venues), speed));
    return now > Math.max(0, ...bounds) + CALM_MS + this.#watch.starved;
  }

  async #until(done: () => boolean): Promise<void> {
    let told = 0;
    while (!done()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      this.#look();
      if (performance.now() - told < 500) continue;
      told = performance.now();
      this.#tell(this.#progress());
    }
  }

  /** The simulator forgets old faults; the run does not. */
  #look(): void {
    this.#watch.look();
    this.#ledger.look(Date.now() * 1000);
    const last = this.#faults.at(-1)?.id ?? 0;
    const { faultLog } = this.#rig.simulator;
    if ((faultLog.at(-1)?.id ?? 0) > last) this.#faults.push(...faultLog.filter(({ id }) => id > last));
  }

  #progress(): ChaosProgress {
    const { reader, now, notLive } = this.#watch;
    const { seed } = this.#settings;
    return { seed, simulatedMs: now, struck: this.#faults.length, equal: reader.verdicts.equal, notLive };
  }
}

function venueOf({ venue }: FaultRecord, venues: readonly Venue[]): Venue {
  return venues.find(({ id }) => id === venue)!;
}
