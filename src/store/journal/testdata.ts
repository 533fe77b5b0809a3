import { LAST_IN_HEAD, RingWriter } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import type { RegionHandle } from "../region.ts";

/** Words of slots in tests follow from their sequence; only LAST is free. */
function word(sequence: number, k: number): number {
  const mixed = Math.imul((sequence | 0) ^ Math.imul(k + 1, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/** A lane that commits events of known bytes. */
export class PatternLane {
  readonly ring: RingWriter;

  constructor({ region }: RegionHandle) {
    this.ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
  }

  /** Commits one event of `count` slots. */
  event(count: number): void {
    this.put(count);
    this.ring.commit();
  }

  /** `count` events of one slot. */
  events(count: number): void {
    for (let i = 0; i < count; i++) this.event(1);
  }

  put(count: number): void {
    const head = this.ring.head;
    const i32 = this.ring.slots.i32;
    for (let n = 0; n < count; n++) {
      const sequence = head + this.ring.pending;
      const w = this.ring.next();
      // the kind is 1: no slot says that an instrument has changed
      const first = (word(sequence, 0) & ~0xff) | 1;
      i32[w] = n === count - 1 ? first | LAST_IN_HEAD : first & ~LAST_IN_HEAD;
      for (let k = 1; k < 16; k++) i32[w + k] = word(sequence, k);
    }
  }
}

/** True when all bytes of a slot are those of `sequence`. */
export function isPattern(views: SlotViews, w: number, sequence: number): boolean {
  let wrong = (views.i32[w]! | LAST_IN_HEAD) ^ ((word(sequence, 0) & ~0xff) | 1 | LAST_IN_HEAD);
  for (let k = 1; k < 16; k++) wrong |= views.i32[w + k]! ^ word(sequence, k);
  return wrong === 0;
}
