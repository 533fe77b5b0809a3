import { LANE_ARGUMENT, openLaneRegion } from "./lane.ts";
import type { Program } from "./program.ts";

const EXAMPLES = `
What is not a region at all (cut short, of another layout, of another program) is told before anything is read.
On a running lane slots may be overwritten while they are read: they are counted as passed, not as faults.

Exit codes: 0 nothing wrong; 1 something wrong; 2 called wrongly.`;

/** `verify` reads a region from end to end and says what cannot be. */
export function register(program: Program): void {
  program
    .command("verify")
    .description("check a region from end to end: header, ring, every slot, every table")
    .argument(...LANE_ARGUMENT)
    .option("--json", "print the report as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (lane: string | undefined, { json = false }: { json?: boolean }) => {
      const { verifyRegion } = await import("./verify-region.ts");
      const handle = await openLaneRegion(lane);
      const report = verifyRegion(handle.region);
      process.stdout.write(
        json ? `${JSON.stringify({ path: handle.path, ...report })}\n` : reportText(report),
      );
      if (report.findings > 0) throw new Error(`${handle.path}: ${report.findings} findings`);
    });
}

interface Report {
  readonly slots: number;
  readonly passed: number;
  readonly events: Readonly<Record<string, number>>;
  readonly findings: number;
  readonly lines: readonly string[];
}

function reportText({ slots, passed, events, findings, lines }: Report): string {
  const kinds = Object.entries(events).map(([type, count]) => `${count} ${type}`);
  const more = findings > lines.length ? [`${findings - lines.length} more like these`] : [];
  const summary = [
    `${slots} slots read, ${passed} passed unread`,
    kinds.length === 0 ? "no events" : kinds.join(", "),
    findings === 0 ? "nothing wrong" : `${findings} findings`,
  ];
  return `${[...lines, ...more, ...summary].join("\n")}\n`;
}
