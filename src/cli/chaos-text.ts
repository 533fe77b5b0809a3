import type { ChaosPlan, ChaosReport, ChaosStanding } from "../app/chaos.ts";
import type { FaultScore, VenueScore } from "../app/chaos/score.ts";
import { textTable } from "./text-table.ts";
import type { Cell } from "./text-table.ts";

/** Violations shown; --json has all of them. */
const SHOWN = 20;

/** How far it is, on one line. */
export function standingText({ done, running, struck, equal, violations }: ChaosStanding): string {
  const times = running.map((one) => `${one.seed}: ${Math.round(one.simulatedMs / 1000)} s`);
  const now =
    times.length === 0 ? "" : `; at ${times.slice(0, 4).join(", ")}${times.length > 4 ? " ..." : ""}`;
  return `${done} runs done, ${struck} faults struck, ${equal} live commits equal, ${violations} violations${now}`;
}

/** The scorecard. */
export function chaosText(plan: ChaosPlan, report: ChaosReport): string {
  const { score } = report;
  const faults = textTable(
    ["fault", "struck", "seen", "healed in time", "worst s", "bound s"],
    score.faults.map(faultRow),
  );
  const venues = textTable(
    ["venue", "runs", "faults", "outages", "live commits equal", "not healed in time"],
    score.venues.map((one) => [one.venue, one.runs, one.struck, one.outages, one.equal, one.complaints]),
  );
  const trades = textTable(
    ["venue", "trades withheld", "named by the ledger", "filled", "never existed", "lost"],
    score.venues.flatMap((one) => tradesRow(one)),
  );
  const tables = [
    faults,
    "",
    venues,
    "",
    ...(score.venues.some((one) => one.trades !== null) ? [trades, ""] : []),
  ];
  return [...tables, summary(plan, report), ...violationLines(report), ""].join("\n");
}

function faultRow(one: FaultScore): Cell[] {
  const worst = one.undisturbed ? "undisturbed" : one.alone === 0 ? null : seconds(one.worstMs);
  const bound = one.undisturbed ? null : seconds(one.boundMs);
  return [one.fault, one.struck, one.undisturbed ? null : one.seen, one.healed, worst, bound];
}

/** Where ids do not count each trade, nobody can name what is missing. */
function tradesRow({ venue, trades }: VenueScore): Cell[][] {
  if (trades === null) return [];
  return [[venue, trades.withheld, trades.named, trades.filled, trades.never, trades.lost]];
}

/** Times are simulated ones. */
function seconds(ms: number): string {
  return Number.isFinite(ms) ? (ms / 1000).toFixed(1) : "never";
}

function summary(plan: ChaosPlan, { runs, score, violations, realMs }: ChaosReport): string {
  const struck = total(score.faults.map((one) => one.struck));
  const equal = total(score.venues.map((one) => one.equal));
  const simulated = total(runs.map((run) => run.simulatedMs)) / 60_000;
  const starved = (100 * total(runs.map((run) => run.starvedMs))) / (simulated * 60_000);
  const slots = total(runs.map((run) => run.slots));
  const last = plan.seed + plan.runs - 1;
  const seeds = plan.runs === 1 ? `seed ${plan.seed}` : `seeds ${plan.seed} to ${last}`;
  return [
    `${seeds}: ${struck} faults; live books equal to the truth at ${equal} commits; ${violations.length} violations`,
    `${simulated.toFixed(1)} simulated minutes in ${(realMs / 1000).toFixed(1)} s; ${slots} slots, ${Math.round(slots / (realMs / 1000))} a second; ${starved.toFixed(1)}% of the time without a turn, for which nobody is blamed`,
  ].join("\n");
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function violationLines({ violations }: ChaosReport): string[] {
  if (violations.length === 0) return [];
  const replays = [...new Set(violations.map(({ replay }) => replay))];
  const more = violations.length - SHOWN;
  return [
    "",
    "Violated:",
    ...violations.slice(0, SHOWN).map(({ seed, what }) => `  seed ${seed}: ${what}`),
    ...(more > 0 ? [`  and ${more} more (--json has all)`] : []),
    "Again:",
    ...replays.slice(0, SHOWN).map((replay) => `  ${replay}`),
  ];
}

/** One JSON object: what was asked for, the scorecard, violations, and each run's faults and outages. */
export function chaosJson(plan: ChaosPlan, { runs, score, violations, realMs }: ChaosReport): string {
  const { venues, ...asked } = plan;
  const told = {
    plan: { ...asked, venues: venues?.map(({ id }) => id) ?? null },
    score,
    violations,
    real_ms: Math.round(realMs),
    runs: runs.map((run) => ({
      seed: Number(run.settings.seed),
      venues: run.settings.venues.map(({ id }) => id),
      simulated_ms: Math.round(run.simulatedMs),
      starved_ms: Math.round(run.starvedMs),
      real_ms: Math.round(run.realMs),
      planned: run.planned,
      slots: run.slots,
      equal: run.equal,
      ledger: run.ledger,
      violations: run.violations,
      faults: run.faults,
      outages: run.outages.map(({ venue, symbol, what, from, to, complaint }) => ({
        venue: venue.id,
        symbol,
        what,
        from,
        // JSON has no infinity: null is "never".
        to: Number.isFinite(to) ? to : null,
        complaint,
      })),
      ...(run.violations.length > 0 ? { reports: run.reports.slice(-200) } : {}),
    })),
  };
  return `${JSON.stringify(told, null, 2)}\n`;
}
