import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";

interface Options {
  readonly window: string;
  readonly data?: string;
  readonly lane?: string;
  readonly output?: string;
  readonly local?: boolean;
}

const MAX_WINDOW_S = 3600;

/** `incident TIME`: everything that is kept of a moment, in one folder. */
export function register(program: Program): void {
  program
    .command("incident")
    .description("gather what is kept of a moment: frames, slots, ledger, and a command that plays it again")
    .argument("<time>", "14:03:10 (the last one, UTC), or with a date, or a UNIX time in s, ms, us or ns")
    .option("--window <length>", "time around it, half before and half after: 30s, 2m", "30s")
    .option("--data <folder>", "data folder of the gateway (default: data, or data/demo)")
    .option("--lane <name>", "lane, where there are several")
    .option("--output <folder>", "folder to make (default: incident-LANE-TIME)")
    .option("--local", "times without a zone are of this machine's zone, not UTC")
    .addHelpText("after", "\nExample:\n  feedhorn incident 14:03:10 --window 30s --data /var/lib/feedhorn\n")
    .action(run);
}

async function run(text: string, options: Options): Promise<void> {
  const { existsSync } = await import("node:fs");
  const { gatherIncident } = await import("../app/tape/incident.ts");
  const { timeText } = await import("../app/tape/open.ts");
  const local = options.local === true;
  const at = momentOf(text, local, Date.now());
  const half = lengthOf(options.window) / 2;
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const data =
    options.data ?? (existsSync("data/tape") || !existsSync("data/demo/tape") ? "data" : "data/demo");
  if (options.data === undefined) tell(`data folder: ${data}`);
  const name = `incident-${options.lane ?? "lane"}-${timeText(at).replaceAll(/[:.]/g, "")}`;
  const incident = await gatherIncident({
    data,
    lane: options.lane,
    from: at - half,
    to: at + half,
    output: options.output ?? name,
    asked: `\`${text}\`, taken as ${timeText(at)} (${zoneText(text, local)}), ${options.window} around it`,
    tell,
  });
  for (const one of incident.missing) tell(`not there: ${one}`);
  process.stdout.write(`${JSON.stringify(incident)}\n`);
}

/** UNIX us. A time of day is the last one before `now` (ms). */
export function momentOf(text: string, local: boolean, now: number): number {
  const day = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text);
  if (day !== null) return timeOfDay(Number(day[1]), Number(day[2]), Number(day[3] ?? 0), local, now);
  if (/^\d{10,19}$/.test(text)) return Math.floor(Number(text) * 10 ** (16 - text.length));
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const ms = /^\d{4}-/.test(text) ? Date.parse(zoned || local ? text : `${withTime(text)}Z`) : NaN;
  if (Number.isFinite(ms)) return ms * 1000;
  throw new UsageError(`expected a time (14:03:10, 2026-11-21T14:03:10Z, or a UNIX time), saw "${text}"`);
}

function withTime(text: string): string {
  return /[T ]\d/.test(text) ? text.replace(" ", "T") : `${text}T00:00:00`;
}

function timeOfDay(hour: number, minute: number, second: number, local: boolean, now: number): number {
  const date = new Date(now);
  const ms = Math.round(second * 1000);
  if (local) date.setHours(hour, minute, 0, ms);
  else date.setUTCHours(hour, minute, 0, ms);
  if (hour > 23 || minute > 59 || second >= 60)
    throw new UsageError("expected a time of day, saw one that is none");
  if (date.getTime() > now) date.setDate(date.getDate() - 1);
  return date.getTime() * 1000;
}

function zoneText(text: string, local: boolean): string {
  if (/^\d{10,19}$/.test(text)) return "UNIX time";
  if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return "its own zone";
  return local ? `local time, ${Intl.DateTimeFormat().resolvedOptions().timeZone}` : "UTC";
}

/** us. */
export function lengthOf(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const scale = { ms: 1e3, s: 1e6, m: 60e6 }[found?.[2] ?? "s"]!;
  const us = found === null ? NaN : Number(found[1]) * scale;
  if (us > 0 && us <= MAX_WINDOW_S * 1e6) return us;
  throw new UsageError(`--window: expected a length up to ${MAX_WINDOW_S}s (30s, 500ms, 2m), saw "${text}"`);
}
