import type { Section } from "../app/lake/report.ts";
import type * as rendering from "../app/lake/render.ts";
import type { Program } from "./program.ts";
import { ProgressBar } from "./progress-bar.ts";
import { textTable } from "./text-table.ts";

interface Options {
  readonly data?: string;
  readonly from?: string;
  readonly to?: string;
  readonly venue?: string;
  readonly symbol?: string;
  readonly json?: boolean;
}

const HELP = `
Examples:
  feedhorn report                                              everything in data/lake, or the demo's
  feedhorn report --from 2026-11-21T10:00Z --to 2026-11-21T12:00Z
  feedhorn report --venue kraken --symbol BTC-USD --json

Sections: events by hour, the log's sequence (nothing may be missing or there twice), minutes without events, trades with VWAP,
latency, flags, crossed quotes. Times are UTC and of our clock; the sequence is always that of the whole lake. docs/lake.md
`;

/** `report`: what is in the lake, and how good it is. */
export function register(program: Program): void {
  program
    .command("report")
    .description(
      "tell what is in the lake and how good it is: coverage, gaps, VWAP, latency, flags, crossed quotes",
    )
    .option("--data <folder>", "data folder of the gateway (default: data, or data/demo)")
    .option("--from <time>", "only from this time on (2026-11-21T10:00Z)")
    .option("--to <time>", "only before this time")
    .option("--venue <id>", "only this venue")
    .option("--symbol <name>", "only this instrument, native or canonical")
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { lakePlace } = await import("../app/lake/place.ts");
  const { LakeQuery } = await import("../app/lake/query.ts");
  const { reportOf, SECTIONS } = await import("../app/lake/report.ts");
  const render = await import("../app/lake/render.ts");
  const { from, to } = await times(options);
  const { dir, note } = lakePlace(options.data);
  if (note !== null) process.stderr.write(`${note}\n`);
  const lake = await LakeQuery.open(dir);
  const bar = new ProgressBar("report");
  const json: string[] = [];
  let done = 0;
  try {
    const filter = { from, to, venue: options.venue ?? null, symbol: options.symbol ?? null };
    for await (const section of reportOf(lake, filter)) {
      bar.end();
      if (options.json === true) json.push(sectionJson(render, section));
      else process.stdout.write(`${done === 0 ? "" : "\n"}${sectionText(render, section)}`);
      bar.at(++done / SECTIONS);
    }
  } finally {
    bar.end();
    lake.close();
  }
  if (options.json === true) process.stdout.write(`{${json.join(",\n")}}\n`);
  for (const { file, reason } of lake.refused) process.stderr.write(`left out: ${file}: ${reason}\n`);
}

async function times({ from, to }: Options): Promise<{ from: number | null; to: number | null }> {
  const { timeOption } = await import("./time-option.ts");
  return { from: timeOption("--from", from) ?? null, to: timeOption("--to", to) ?? null };
}

function sectionText({ cellText }: typeof rendering, { title, answer }: Section): string {
  const { names, types, rows } = answer;
  if (rows.length === 0) return `${title}\n  none\n`;
  const cells = rows.map((row) =>
    row.map((cell, i) => (typeof cell === "number" || cell === null ? cell : cellText(cell, types[i]!, "-"))),
  );
  const right = types.map((type) => /^(DECIMAL|U?(BIG|HUGE|SMALL|TINY)?INT|DOUBLE|FLOAT)/.test(type));
  const titles = names.map((name) => name.replaceAll("_", " "));
  return `${title}\n${textTable(titles, cells, right).replace(/^/gm, "  ")}\n`;
}

function sectionJson({ rowJson }: typeof rendering, { key, answer }: Section): string {
  const { names, types, rows } = answer;
  return `${JSON.stringify(key)}:[${rows.map((row) => rowJson(names, types, row)).join(",\n")}]`;
}
