import { EventReader, slotFlags, slotKind } from "../../src/log/index.ts";
import { FLAG } from "../../src/model/index.ts";
import type { Kind } from "../../src/model/index.ts";
import { journalFolder, openLossless } from "../../src/store/index.ts";
import type { RegionHandle } from "../../src/store/index.ts";
import type { TrueEvent, Truth } from "./sink-judge.ts";

export interface TruthOptions {
  /** The data folder. */
  readonly data: string;
  readonly lane: string;
  /** What the journal does not have yet; null: it has everything. */
  readonly region: RegionHandle | null;
  readonly end: number;
  /** One event in so many is compared value by value. */
  readonly oneIn: number;
  takes(event: Readonly<Record<string, unknown>>, kind: Kind): boolean;
}

/** What was committed to a lane, read back from its journal. Throws where the journal itself has a hole. */
export function truthOf({ data, lane, region, end, oneIn, takes }: TruthOptions): Truth {
  const reader = openLossless({ journal: journalFolder(data, lane), region, from: 0 });
  reader.onHole = ({ first, last, reason }) => {
    throw new Error(`expected a whole journal, saw a hole from ${first} to ${last}: ${reason}`);
  };
  const words = new EventReader(reader.names);
  const wanted = new Uint8Array(end);
  const events = new Map<number, TrueEvent>();
  let [first, many] = [-1, 0];
  const take: Parameters<typeof reader.poll>[0] = (slots, word, seq) => {
    if (first < 0) first = seq;
    const event = words.accept(slots, word) as unknown as Record<string, unknown> | null;
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return;
    const whole = event ?? { type: "unknown" };
    if (takes(whole, slotKind(slots, word) as Kind)) wanted.fill(1, first, seq + 1);
    if (many++ % oneIn === 0) {
      const plain = JSON.parse(JSON.stringify(whole)) as Record<string, unknown>;
      const one = { seq: first, slots: seq + 1 - first, event: plain };
      for (let at = first; at <= seq; at++) events.set(at, one);
    }
    first = -1;
  };
  while (reader.position < end && reader.poll(take, end - reader.position) > 0);
  if (reader.position !== end) throw new Error(`expected a journal up to ${end}, saw ${reader.position}`);
  reader.close();
  return { first: 0, end, wanted, eventAt: (seq) => events.get(seq) ?? null };
}
