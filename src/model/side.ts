/** Aggressor of a trade, or side of a book level. */
export const SIDE = { NONE: 0, BUY: 1, SELL: 2, BID: 1, ASK: 2 } as const;

export type SideWord = "buy" | "sell";

export function sideWord(side: number): SideWord | null {
  if (side === SIDE.BUY) return "buy";
  return side === SIDE.SELL ? "sell" : null;
}

export function sideNumber(word: SideWord | null | undefined): number {
  if (word === "buy") return SIDE.BUY;
  return word === "sell" ? SIDE.SELL : SIDE.NONE;
}
