import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DEFAULT_OPTIONS, quietNote } from "./harness.ts";
import type { Bench, BenchOptions, Row } from "./harness.ts";

const HELP = `npm run bench                          lists the benches
npm run bench -- NAME...               runs them, one JSON line per case
npm run bench -- NAME... --save        also writes bench/results/NAME.json
npm run bench -- NAME --rounds=50      more rounds, for a narrower spread
npm run bench -- soak --minutes=2      another time than its own, of a bench without rounds

docs/speed.md says what each measures and which variables it reads.
`;
const HERE = fileURLToPath(new URL("./", import.meta.url));
/** Files here that are tools of the benches, not benches. */
const TOOLS = new Set(["run", "harness", "chart"]);

function names(): string[] {
  const files = readdirSync(HERE).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return files.map((file) => file.slice(0, -3)).filter((name) => !name.includes("-") && !TOOLS.has(name));
}

/** The first sentence of a bench's opening comment. */
function about(name: string): string {
  const source = readFileSync(`${HERE}${name}.ts`, "utf8");
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? "";
  const text = comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim();
  return /^.*?[.?](?=\s|$)/.exec(text)?.[0] ?? text;
}

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, {
      cwd: HERE,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

function save(name: string, options: BenchOptions, load: string, rows: Row[]): void {
  const all = cpus();
  const machine = {
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    node: process.version,
    os: process.platform,
  };
  const commit = git("rev-parse", "HEAD") || "unknown";
  // Only src/ and bench/ decide a figure; results that were saved before do not.
  const changed = git("status", "--porcelain", "--", "../src", ".", ":!results") !== "";
  const result = {
    bench: name,
    date: new Date().toISOString().slice(0, 10),
    machine,
    commit,
    changed,
    load,
    options,
    rows,
  };
  mkdirSync(`${HERE}results`, { recursive: true });
  writeFileSync(`${HERE}results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

/** A bench file exports `bench`, or the same by default. */
async function open(name: string): Promise<Bench> {
  const module = (await import(`./${name}.ts`)) as { bench?: Bench; default?: Bench };
  const bench = module.bench ?? module.default;
  if (bench === undefined)
    throw new Error(`expected bench/${name}.ts to export a function named bench, saw none`);
  return bench;
}

async function runOne(name: string, options: BenchOptions, saving: boolean): Promise<void> {
  const bench = await open(name);
  const note = quietNote();
  process.stderr.write(`${name}: ${note}\n`);
  const rows: Row[] = [];
  const answer = bench(options);
  for await (const row of Symbol.asyncIterator in answer ? answer : await answer) {
    rows.push(row);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
  if (saving) save(name, options, note, rows);
}

function positive(option: string, said: string): number {
  const value = Number(said);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`expected --${option} above 0, saw "${said}": try --${option}=20`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      save: { type: "boolean", default: false },
      rounds: { type: "string" },
      minutes: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const known = names();
  const strange = positionals.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Error(`expected a bench (${known.join(", ")}), saw ${strange}`);
  const options = {
    ...DEFAULT_OPTIONS,
    ...(values.rounds === undefined ? {} : { rounds: positive("rounds", values.rounds) }),
    ...(values.minutes === undefined ? {} : { minutes: positive("minutes", values.minutes) }),
  };
  if (positionals.length === 0)
    for (const name of known) process.stdout.write(`${name.padEnd(16)} ${about(name)}\n`);
  for (const name of positionals) await runOne(name, options, values.save);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
