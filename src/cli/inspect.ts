import { LANE_ARGUMENT, openLaneRegion } from "./lane.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";

interface Options {
  readonly slots?: string;
  readonly table?: string;
  readonly symbol?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  feedhorn inspect                                     header, venues and top of book
  feedhorn inspect main --table depth --symbol BTC-USDT
  feedhorn inspect --table counters --json
  feedhorn inspect --slots 20                          the last 20 slots, field by field`;

const TABLES: readonly string[] = [
  "top",
  "depth",
  "instruments",
  "venues",
  "counters",
  "histograms",
  "readers",
];

/** `inspect` looks into a region once, without becoming one of its readers. */
export function register(program: Program): void {
  program
    .command("inspect")
    .description("look into a region: header, writer, tables, last slots")
    .argument(...LANE_ARGUMENT)
    .option("--slots <count>", "print the last slots of the ring instead")
    .option("--table <name>", `print one table instead: ${TABLES.join(" ")}`)
    .option("--symbol <name>", "only this instrument, canonical or native (top, depth, instruments)")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(inspect);
}

async function inspect(lane: string | undefined, options: Options): Promise<void> {
  const { slots, table, symbol = null, json = false } = options;
  if (slots !== undefined && table !== undefined)
    throw new UsageError("expected --slots or --table, not both");
  if (table !== undefined && !TABLES.includes(table))
    throw new UsageError(`--table: expected ${TABLES.join(", ")}, saw ${JSON.stringify(table)}`);
  if (slots !== undefined && (!/^\d{1,9}$/.test(slots) || Number(slots) < 1))
    throw new UsageError(`--slots: expected a whole number from 1 on, saw ${JSON.stringify(slots)}`);
  const handle = await openLaneRegion(lane);
  process.stdout.write(await content(handle, { slots, table, symbol, json }));
}

async function content(
  handle: Awaited<ReturnType<typeof openLaneRegion>>,
  wanted: { slots: string | undefined; table: string | undefined; symbol: string | null; json: boolean },
): Promise<string> {
  const { headerOf, headerText } = await import("./inspect-header.ts");
  const { tableOf } = await import("./inspect-tables.ts");
  const { slotsOf, slotText } = await import("./inspect-slots.ts");
  const { slots, symbol, json } = wanted;
  if (slots !== undefined) {
    const last = slotsOf(handle.region, Number(slots));
    return last.map((slot) => `${json ? JSON.stringify(slot) : slotText(slot)}\n`).join("");
  }
  if (wanted.table !== undefined) {
    const table = tableOf(handle.region, wanted.table, symbol, Date.now() * 1000);
    return json ? table.rows.map((row) => `${JSON.stringify(row)}\n`).join("") : `${table.text}\n`;
  }
  const now = Date.now() * 1000;
  const header = headerOf(handle);
  const parts = ["venues", "top"].map((name) => [name, tableOf(handle.region, name, symbol, now)] as const);
  if (json) {
    const tables = Object.fromEntries(parts.map(([name, { rows }]) => [name, rows]));
    return `${JSON.stringify({ ...header, ...tables })}\n`;
  }
  return [headerText(header, now), ...parts.map(([name, { text }]) => `\n${name}\n${text}`), ""].join("\n");
}
