import type { Refused } from "./refused.ts";
import type { TextRows } from "./text-rows.ts";

/** What a vendor says of the content of rows: others may be taken. Everything else that it throws is its own trouble. */
export class RowRefused extends Error {}

/** More in one load are no bad records but a table of another shape. */
const MOST_REFUSED = 1000;

export interface HalvingOptions {
  readonly rows: TextRows;
  /** Rejects with a RowRefused where the text of these events is not taken, none of it. `name`: the same for the same events. */
  send(text: Uint8Array, name: string): Promise<void>;
  readonly refused: Refused;
}

/** Sends rows. What the vendor refuses goes in halves, until the events that it does not take are alone: they are kept aside. */
export async function sendHalving({ rows, send, refused }: HalvingOptions): Promise<void> {
  let count = 0;
  const piece = async (from: number, to: number): Promise<void> => {
    try {
      await send(rows.textOf(from, to), nameOf(rows, from, to));
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error;
      if (to - from === 1) {
        if (++count > MOST_REFUSED)
          throw new Error(
            `expected rows to be taken, saw ${MOST_REFUSED} refused at once, the last because of ${error.message}; compare the table with the documentation`,
            { cause: error },
          );
        const [lane, seq] = rows.placeOf(from);
        refused.keep(lane, seq, error.message, Buffer.from(rows.textOf(from, to)).toString("utf8"));
        return;
      }
      const middle = (from + to) >> 1;
      await piece(from, middle);
      await piece(middle, to);
    }
  };
  if (rows.events > 0) await piece(0, rows.events);
}

function nameOf(rows: TextRows, from: number, to: number): string {
  return `${rows.placeOf(from).join(":")} ${rows.placeOf(to - 1).join(":")} ${to - from}`;
}
