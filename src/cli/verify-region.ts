import { CLAIM_WORD, HEAD_WORD, loadSequence, RingReader } from "../log/index.ts";
import type { Region } from "../log/index.ts";
import { SlotCheck } from "./verify-slots.ts";
import { checkTables } from "./verify-tables.ts";

/** Findings that are told in words; the rest is a number. */
const MAX_LINES = 50;

export interface VerifyReport {
  /** Slots looked at, and slots that were overwritten before they could be. */
  readonly slots: number;
  readonly passed: number;
  /** Whole events by type. */
  readonly events: Readonly<Record<string, number>>;
  readonly findings: number;
  readonly lines: readonly string[];
}

/** Takes down what cannot be: where, what was expected, what was seen. */
export class Findings {
  readonly lines: string[] = [];
  count = 0;

  add(where: string, text: string): void {
    this.count += 1;
    if (this.lines.length < MAX_LINES) this.lines.push(`${where}: ${text}`);
  }

  /** Adds a finding unless `holds`. */
  expect(holds: boolean, where: string, expected: string, saw: unknown): void {
    if (!holds) this.add(where, `expected ${expected}, saw ${String(saw)}`);
  }
}

/** Reads everything a region holds. A region whose header cannot be is refused earlier, by openRegion. */
export function verifyRegion(region: Region): VerifyReport {
  const findings = new Findings();
  const sane = checkRing(region, findings);
  const slots = sane ? readSlots(region, findings) : { slots: 0, passed: 0, events: {} };
  checkTables(region, findings);
  return { ...slots, findings: findings.count, lines: findings.lines };
}

/** Head and claim belong together; without that no slot can be told from another. */
function checkRing(region: Region, findings: Findings): boolean {
  const head = loadSequence(region.control, HEAD_WORD);
  const claim = loadSequence(region.control, CLAIM_WORD);
  const { slots } = region.geometry;
  const sane = head >= 0 && claim >= head && claim <= head + slots;
  findings.expect(sane, "ring", `head <= claim <= head + ${slots}`, `head ${head}, claim ${claim}`);
  return sane;
}

/** Every slot that is still there, oldest first. */
function readSlots(region: Region, findings: Findings): Pick<VerifyReport, "slots" | "passed" | "events"> {
  const reader = new RingReader(region.control, region.slots);
  const oldest = Math.max(region.first, loadSequence(region.control, CLAIM_WORD) - region.geometry.slots);
  const end = reader.head;
  const check = new SlotCheck(region, findings, oldest > region.first);
  reader.onLost = () => check.interrupted();
  reader.seek(Math.min(oldest, end));
  let slots = 0;
  for (let more = 1; more > 0 && reader.cursor < end; slots += more)
    more = reader.poll((views, word) => check.accept(views, word, reader.cursor), end - reader.cursor);
  check.finish(end);
  return { slots, passed: reader.lost, events: check.events };
}
