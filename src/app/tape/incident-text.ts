import type { Incident } from "./incident.ts";
import { timeText } from "./open.ts";

export interface ReadmeFacts extends Incident {
  readonly from: number;
  readonly to: number;
  readonly asked: string;
  /** Of the tape, as seen from the folder. */
  readonly tape: string;
  readonly files: readonly string[];
  readonly versions: { readonly recorded_by: string };
}

const WHAT: Readonly<Record<string, string>> = {
  "frames.ndjson": "frames as they came and went (frames/1), of all connections",
  "slots.ndjson": "what the lane wrote, an event a line; `slot` is the sequence number of its first slot",
  "ledger.ndjson": "rows of the ledger of these hours, venues, and gaps of the reader",
  "config.json": "configuration of the lane, without secrets",
  "versions.json": "versions",
  tape: "the tape from the beginning of that run to the end of the window",
};

/** The page that comes with an incident. */
export function readmeOf(facts: ReadmeFacts): string {
  const { lane, from, to, asked, tape, files, frames, events, ledgerRows, missing, versions } = facts;
  const described = files.flatMap((name) =>
    WHAT[name] === undefined ? [] : [`- \`${name}\`: ${WHAT[name]}`],
  );
  return [
    `# Lane ${lane}, ${timeText(from)} to ${timeText(to)}`,
    "",
    `Asked for: ${asked}. All times here are UTC.`,
    "",
    `${frames} frames, ${events} events, ${ledgerRows} rows of the ledger; recorded by feedhorn ${versions.recorded_by}.`,
    "",
    ...described,
    "",
    "## To see it again",
    "",
    "From this folder, with the same version of feedhorn: the same slots, byte for byte, into the lane `replay-incident`.",
    "",
    `    feedhorn replay ${tape} --to ${timeText(to)} --lane replay-incident`,
    `    feedhorn tail replay-incident --from oldest`,
    "",
    "Slower, at the pace of then:",
    "",
    `    feedhorn replay ${tape} --from ${timeText(from)} --to ${timeText(to)} --speed 1 --lane replay-incident`,
    "",
    "The frames alone, with any version:",
    "",
    "    feedhorn normalize --venue VENUE --frames frames.ndjson",
    "",
    "## What is not here",
    "",
    ...(missing.length === 0 ? ["Nothing is missing."] : missing.map((one) => `- ${one}`)),
    "",
  ].join("\n");
}
