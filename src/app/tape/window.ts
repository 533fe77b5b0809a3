import { EventReader } from "../../log/index.ts";
import type { EventNames, SlotViews } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import { heapRegion, openLossless } from "../../store/index.ts";
import type { Segment, TapeSession } from "../../store/index.ts";
import { clockJudge } from "../judges.ts";
import { feedsOf } from "./play.ts";
import { aboutOf, replayTape } from "./replay.ts";

/** A time, from and to, UNIX us. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Sequence numbers of a lane: the first, and the one behind the last. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

/** An event with the number of its first slot. */
export type Numbered = (seq: number, event: object) => void;

/** Blocks of a session that reach into a window, as sequence numbers; null when none does. The tape says them ten times a second. */
export function slotsIn({ segments }: TapeSession, { from, to }: Window): Range | null {
  const heads = segments
    .flatMap((segment) => headsOf(segment))
    .filter(({ first, last }) => {
      return toMicros(last.hi, last.lo) >= from && toMicros(first.hi, first.lo) <= to;
    });
  if (heads.length === 0) return null;
  return { first: heads[0]!.firstSeq, end: heads.at(-1)!.lastSeq };
}

function headsOf(segment: Segment) {
  return segment.list().flatMap((one) => ("head" in one ? [one.head] : []));
}

/** The slots of a range from the lane's journal, as events. Returns how many the journal does not have. */
export function fromJournal(journal: string, { first, end }: Range, each: Numbered): number {
  const reader = openLossless({ journal, region: null, from: first });
  const gather = new Gatherer(reader.names, each);
  let seen = 0;
  reader.onHole = () => gather.reset();
  try {
    while (
      reader.position < end &&
      reader.poll((slots, word, seq) => {
        if (seq < first || seq >= end) return;
        seen += 1;
        gather.take(slots, word, seq);
      }, 4096) > 0
    );
  } finally {
    reader.close();
  }
  return end - first - seen;
}

/** The same by running the lane again. Returns why it could not be, or "". */
export async function fromReplay(
  session: TapeSession,
  range: Range,
  window: Window,
  each: Numbered,
): Promise<string> {
  const about = aboutOf(session);
  const start = { first: about.first, end: about.first };
  const { region } = heapRegion({ lane: about.lane, ...about.region, start });
  const report = (): void => undefined;
  const options = {
    session,
    about,
    region,
    feeds: feedsOf(about),
    report,
    judgeClock: clockJudge,
    to: window.to,
  };
  const { broken, end } = await replayTape(options);
  const gather = new Gatherer(region.names(), each);
  const oldest = Math.max(range.first, end - region.slots.count);
  for (let seq = oldest; seq < Math.min(end, range.end); seq++)
    gather.take(region.slots, (seq & (region.slots.count - 1)) * SLOT_WORDS, seq);
  if (broken !== "") return broken;
  return oldest > range.first ? `the ring holds ${region.slots.count} slots, the window more` : "";
}

const SLOT_WORDS = 16;

/** Slots to events; the first ones may stand in the middle of one. */
class Gatherer {
  readonly #names: EventNames;
  readonly #each: Numbered;
  #reader: EventReader;
  #first = -1;

  constructor(names: EventNames, each: Numbered) {
    this.#names = names;
    this.#each = each;
    this.#reader = new EventReader(names);
  }

  reset(): void {
    this.#reader = new EventReader(this.#names);
    this.#first = -1;
  }

  take(slots: SlotViews, word: number, seq: number): void {
    if (this.#first < 0) this.#first = seq;
    const event = this.#reader.accept(slots, word);
    if (event === null) return;
    this.#each(this.#first, event);
    this.#first = -1;
  }
}
