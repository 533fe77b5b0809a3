import { INSTRUMENT_STATUS, REASON_NAMES, VALIDITY_NAMES } from "../model/index.ts";

/** What a status slot is about; the numbers are part of the layout. */
export const SCOPE = { BOOK: 1, INSTRUMENT: 2, VENUE: 3 } as const;

export type Scope = (typeof SCOPE)[keyof typeof SCOPE];
export type ScopeWord = "book" | "instrument" | "venue";

export function scopeWord(scope: number): ScopeWord {
  if (scope === SCOPE.BOOK) return "book";
  return scope === SCOPE.INSTRUMENT ? "instrument" : "venue";
}

/** The word of a state: validity for books, trading state for instruments and venues. */
export function stateWord(scope: number, state: number): string {
  const names: readonly string[] = scope === SCOPE.BOOK ? VALIDITY_NAMES : INSTRUMENT_STATUS;
  return names[state] ?? `#${state}`;
}

/** The word of a reason, "none" where there is nothing to say. */
export function reasonWord(reason: number): string {
  return REASON_NAMES[reason] ?? `#${reason}`;
}
