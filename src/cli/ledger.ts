import type { LedgerReport } from "../app/ledger/select.ts";
import type { Program } from "./program.ts";
import { durationText, textTable, timeText } from "./text-table.ts";

interface Options {
  readonly dir?: string;
  readonly url?: string;
  readonly lane?: string;
  readonly venue?: string;
  readonly symbol?: string;
  readonly channel?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
  readonly gaps?: boolean;
  readonly json?: boolean;
}

const HELP = `
Examples:
  feedhorn ledger                                        the hours a running gateway keeps in memory
  feedhorn ledger --gaps --venue kraken                  what is missing there, one line a gap
  feedhorn ledger --dir /var/lib/feedhorn/ledger --from 2026-11-20T00:00Z --to 2026-11-21T00:00Z
  feedhorn ledger --channel trade --symbol BTC-USD --json

The gateway is the one on this machine (FEEDHORN_OPS_PORT, or 9090) unless --url or --dir says otherwise.
"missing" counts ids: lost, open (may still come), unknown gaps count as 1; those filled or proved never to have existed do
not count. With --json: one object a line, as in the files (docs/ledger.md).
`;

/** `ledger`: what was heard, and what is missing. */
export function register(program: Program): void {
  program
    .command("ledger")
    .description("print what was heard of each instrument, channel and hour, and what is missing")
    .option("--dir <folder>", "read the files of a ledger (ledger.dir) instead of asking a gateway")
    .option("--url <url>", "operations server to ask (default: that of this machine)")
    .option("--lane <name>", "only this lane")
    .option("--venue <id>", "only this venue")
    .option("--symbol <name>", "only this instrument, canonical or native")
    .option("--channel <name>", "only this channel: trade, quote, book, ticker, index, liquidation, status")
    .option("--from <time>", "only hours that end after this time (2026-11-21T10:00Z, or UNIX ms)")
    .option("--to <time>", "only hours that begin before this time")
    .option("--limit <rows>", "at most so many rows (default 1000, at most 10000), the newest first")
    .option("--gaps", "print each gap instead of each row")
    .option("--json", "print one JSON object a line")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { UsageError } = await import("./program.ts");
  if (options.dir !== undefined && options.url !== undefined)
    throw new UsageError("expected --dir or --url, saw both; leave one out");
  const report = await reportOf(options);
  const { stdout } = process;
  if (options.json === true) stdout.write(linesOf(report, options.gaps === true));
  else stdout.write(`${options.gaps === true ? gapTable(report) : rowTable(report)}\n`);
  if (report.truncated)
    process.stderr.write("there is more: raise --limit, or ask for less with --from and --to\n");
}

async function reportOf(options: Options): Promise<LedgerReport> {
  const { askLedger, readLedger } = await import("../app/ledger/client.ts");
  const { lane, venue, symbol, channel, from, to, limit, gaps } = options;
  const words = { lane, venue, symbol, channel, from, to, limit, gaps: gaps === true ? "true" : undefined };
  if (options.dir !== undefined) return readLedger(options.dir, words);
  const { opsPort } = await import("../app/config/env.ts");
  return askLedger(options.url ?? `http://127.0.0.1:${opsPort()}`, words);
}

function linesOf({ rows, venues, lane_gaps: gaps }: LedgerReport, onlyGaps: boolean): string {
  const lines = [
    ...rows.map((row) => ({ ...row, type: "row" })),
    ...(onlyGaps ? [] : venues.map((line) => ({ ...line, type: "venue" }))),
    ...gaps.map((gap) => ({ ...gap, type: "lane_gap" })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function rowTable({ rows, lane_gaps: gaps }: LedgerReport): string {
  const names = [
    "hour",
    "lane",
    "venue",
    "symbol",
    "channel",
    "messages",
    "first id",
    "last id",
    "gaps",
    "missing",
    "down",
    "hash",
  ];
  const cells = rows.map((row) => [
    hourText(row.hour),
    row.lane,
    row.venue,
    row.symbol,
    row.channel,
    row.messages,
    row.first_id,
    row.last_id,
    row.gaps.length + row.gaps_unnamed,
    missing(row),
    downText(row.down_ms),
    row.hash,
  ]);
  return [textTable(names, cells), ...laneTable(gaps)].join("\n\n");
}

function gapTable({ rows, lane_gaps: gaps }: LedgerReport): string {
  const names = [
    "venue",
    "symbol",
    "channel",
    "from id",
    "to id",
    "count",
    "cause",
    "outcome",
    "since",
    "until",
  ];
  const cells = rows.flatMap((row) =>
    row.gaps.map((gap) => [
      row.venue,
      row.symbol,
      row.channel,
      gap.from_id,
      gap.to_id,
      gap.count,
      gap.cause,
      gap.outcome,
      timeText(gap.since ?? 0),
      timeText(gap.until ?? 0),
    ]),
  );
  return [cells.length === 0 ? "no gaps" : textTable(names, cells), ...laneTable(gaps)].join("\n\n");
}

/** Times in which nothing of a lane was read. */
function laneTable(gaps: LedgerReport["lane_gaps"]): string[] {
  if (gaps.length === 0) return [];
  const cells = gaps.map(({ lane, cause, slots, from, to }) => [
    lane,
    cause,
    slots,
    timeText(from),
    timeText(to),
  ]);
  return [textTable(["lane", "not read", "slots", "from", "to"], cells)];
}

function missing({ gaps }: LedgerReport["rows"][number]): number {
  const bad = gaps.filter(({ outcome }) => outcome !== "filled" && outcome !== "never_existed");
  return bad.reduce((sum, { count }) => sum + (count ?? 1), 0);
}

function downText(reasons: Readonly<Record<string, number>>): string {
  const texts = Object.entries(reasons).map(([reason, ms]) => `${reason} ${durationText(ms * 1000)}`);
  return texts.join(", ");
}

function hourText(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 13);
}
