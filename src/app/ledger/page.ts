import type { LedgerRow } from "../../quality/index.ts";
import type { HourFiles } from "../../store/index.ts";
import type { LaneGap } from "./lane.ts";
import type { VenueLine } from "./venues.ts";

/** First line of a file: which hour of which lane, and how far it goes. Times are UNIX us. */
export interface PageHead {
  readonly lane: string;
  readonly hour: number;
  readonly written: number;
  /** The hour was over when this was written. */
  readonly closed: boolean;
  /** The gateway stopped in order when this was written. */
  readonly stopped: boolean;
  /** Which region it was read from (when that was made), and the next slot to read. */
  readonly region: string;
  readonly cursor: string;
}

/** One hour of one lane. */
export interface LedgerPage {
  readonly head: PageHead;
  readonly rows: readonly LedgerRow[];
  readonly venues: readonly VenueLine[];
  readonly gaps: readonly LaneGap[];
}

const VERSION = 1;

/** NDJSON: the head, then rows, figures of venues, and gaps of the lane. */
export function pageText({ head, rows, venues, gaps }: LedgerPage): string {
  const { lane } = head;
  const lines = [
    { type: "ledger", version: VERSION, ...head },
    ...rows.map((row) => ({ type: "row", lane, ...row })),
    ...venues.map((line) => ({ type: "venue", lane, ...line })),
    ...gaps.map((gap) => ({ type: "lane_gap", lane, ...gap })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Reads a page. Throws SyntaxError that says what was expected when it is none. */
export function readPage(text: string): LedgerPage {
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; version?: number; lane?: string });
  const [head] = lines;
  if (head?.type !== "ledger" || head.version !== VERSION)
    throw new SyntaxError(
      `expected a first line of type ledger and version ${VERSION}, saw ${JSON.stringify(head ?? null).slice(0, 80)}`,
    );
  const of = <T>(type: string): T[] => lines.filter((line) => line.type === type) as unknown as T[];
  return {
    head: head as unknown as PageHead,
    rows: of<LedgerRow>("row"),
    venues: of<VenueLine>("venue"),
    gaps: of<LaneGap>("lane_gap"),
  };
}

/** Pages from hour `from` (UNIX us) on, the oldest first. One that cannot be read is told and left out. */
export function readPages(
  files: HourFiles,
  from: number,
  told: (file: string, reason: string) => void,
): LedgerPage[] {
  return files
    .hours()
    .filter((hour) => hour >= from)
    .flatMap((hour) => {
      try {
        return [readPage(files.read(hour))];
      } catch (error) {
        told(files.file(hour), error instanceof Error ? error.message : String(error));
        return [];
      }
    });
}
