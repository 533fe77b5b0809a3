import { VENUES } from "../venues/index.ts";
import type { Venue } from "../model/index.ts";
import { Random } from "../simulator/random.ts";
import { runChaos } from "./chaos/run.ts";
import type { ChaosProgress, ChaosRun, ChaosSettings } from "./chaos/run.ts";
import { scoreOf } from "./chaos/score.ts";
import type { ChaosScore } from "./chaos/score.ts";

/** Runs with successive seeds, several at a time. */
export interface ChaosPlan extends Omit<ChaosSettings, "seed" | "venues"> {
  /** Seed of the first run; each further run has the next number. */
  readonly seed: number;
  readonly runs: number;
  /** Runs at a time, all in one thread: most of the time each of them waits. */
  readonly parallel: number;
  /** The same for all runs; left out: each run draws some from its seed. */
  readonly venues?: readonly Venue[];
  /** How many venues a run draws. */
  readonly draw: number;
}

export interface ChaosViolation {
  readonly seed: number;
  readonly what: string;
  /** The command that plays that run alone. */
  readonly replay: string;
}

export interface ChaosReport {
  readonly runs: readonly ChaosRun[];
  readonly score: ChaosScore;
  readonly violations: readonly ChaosViolation[];
  readonly realMs: number;
}

/** How far the runs are together. */
export interface ChaosStanding {
  readonly done: number;
  readonly running: readonly ChaosProgress[];
  readonly struck: number;
  readonly equal: number;
  readonly violations: number;
}

export async function chaos(
  plan: ChaosPlan,
  tell: (standing: ChaosStanding) => void = () => undefined,
): Promise<ChaosReport> {
  const started = performance.now();
  const runs: ChaosRun[] = [];
  const running = new Map<string, ChaosProgress>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < plan.runs) {
      const settings = settingsOf(plan, plan.seed + next++);
      const run = await runChaos(settings, (progress) => {
        running.set(settings.seed, progress);
        tell(standing(runs, [...running.values()]));
      });
      running.delete(settings.seed);
      runs.push(run);
      tell(standing(runs, [...running.values()]));
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.parallel, plan.runs) }, worker));
  runs.sort((a, b) => Number(a.settings.seed) - Number(b.settings.seed));
  const violations = runs.flatMap((run) => violationsOf(run, plan));
  return { runs, score: scoreOf(runs), violations, realMs: performance.now() - started };
}

/** The settings of one run: venues and everything else follow from its seed. */
export function settingsOf(plan: ChaosPlan, seed: number): ChaosSettings {
  const { minutes, speed, perMinute, instruments, rate, only } = plan;
  const venues = plan.venues ?? drawn(seed, plan.draw);
  return { seed: String(seed), venues, minutes, speed, perMinute, instruments, rate, only };
}

/** Different venues, drawn from the seed. */
function drawn(seed: number, count: number): Venue[] {
  const random = new Random(`${seed}/chaos/venues`);
  const left = [...VENUES];
  return Array.from({ length: Math.min(count, left.length) }, () => {
    const [venue] = left.splice(random.below(left.length), 1);
    return venue!;
  });
}

function violationsOf(run: ChaosRun, plan: ChaosPlan): ChaosViolation[] {
  const replay = replayOf(run, plan);
  const seed = Number(run.settings.seed);
  return run.violations.map((what) => ({ seed, what, replay }));
}

function replayOf(
  { settings }: ChaosRun,
  { speed, minutes, perMinute, instruments, rate, only }: ChaosPlan,
): string {
  const kinds = only === undefined ? "" : ` --only ${only.join(",")}`;
  const venues = settings.venues.map(({ id }) => id).join(",");
  const market = `--speed ${speed} --instruments ${instruments} --rate ${rate}`;
  return `feedhorn chaos --seed ${settings.seed} --venues ${venues} --minutes ${minutes} --faults ${perMinute} ${market}${kinds}`;
}

function standing(runs: readonly ChaosRun[], running: readonly ChaosProgress[]): ChaosStanding {
  const equalOf = (run: ChaosRun): number => sum(Object.values(run.equal));
  return {
    done: runs.length,
    running,
    struck: sum(runs.map((run) => run.faults.length)) + sum(running.map((one) => one.struck)),
    equal: sum(runs.map(equalOf)) + sum(running.map((one) => one.equal)),
    violations: sum(runs.map((run) => run.violations.length)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
