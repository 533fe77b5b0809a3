import { copySlot, slotFlags, slotInstrument, slotKind } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import type { SlotBatch } from "../../sinks/index.ts";

const IDS = 2 ** 32;

/** The batch with only the newest event of every kind and instrument, in its own memory; their order stays. */
export function newestOf(batch: SlotBatch): SlotBatch {
  const { slots, seqs } = batch;
  const keep = marked(batch);
  let count = 0;
  for (let i = 0; i < batch.count; i++) {
    if (keep[i] === 0) continue;
    if (count !== i) copySlot(slots.i32, i << 4, slots.i32, count << 4);
    seqs[count++] = seqs[i]!;
  }
  return { ...batch, count };
}

/** 1 for every slot that stays, looked for from the end. */
function marked({ slots, count }: SlotBatch): Uint8Array {
  const keep = new Uint8Array(count);
  const seen = new Set<number>();
  let stays = false;
  for (let i = count - 1; i >= 0; i--) {
    if ((slotFlags(slots, i << 4) & FLAG.LAST) !== 0) {
      const key = slotKind(slots, i << 4) * IDS + slotInstrument(slots, i << 4);
      stays = !seen.has(key);
      seen.add(key);
    }
    keep[i] = stays ? 1 : 0;
  }
  return keep;
}
