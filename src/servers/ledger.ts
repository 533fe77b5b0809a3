/** What GET /ledger is asked for; what is left out is not asked for. Times are UNIX us. */
export interface LedgerQuery {
  readonly lane?: string;
  readonly venue?: string;
  /** Canonical or native. */
  readonly symbol?: string;
  readonly channel?: string;
  /** Hours that end after `from` and begin before `to`. */
  readonly from?: number;
  readonly to?: number;
  /** Only rows with gaps. */
  readonly gaps: boolean;
  readonly limit: number;
}

/** Who has a ledger. */
export interface LedgerSource {
  /** What was heard and what is missing, the newest hour first. */
  report(query: LedgerQuery): unknown;
}

const MAX_ROWS = 10_000;
const DEFAULT_ROWS = 1000;
const NAMES = ["lane", "venue", "symbol", "channel"] as const;
const KEYS = [...NAMES, "from", "to", "gaps", "limit"];

/** Reads the query string of GET /ledger. A text is what is wrong with it, in one line. */
export function readLedgerQuery(query: Readonly<Record<string, unknown>>): LedgerQuery | string {
  const strange = Object.keys(query).find((key) => !KEYS.includes(key));
  if (strange !== undefined) return `expected ${KEYS.join(", ")}, saw "${strange}"`;
  const twice = Object.keys(query).find((key) => typeof query[key] !== "string");
  if (twice !== undefined) return `${twice}: expected one value, saw several`;
  const texts = query as Readonly<Record<string, string>>;
  const times = { from: timeOf(texts["from"]), to: timeOf(texts["to"]) };
  const wrong = (["from", "to"] as const).find((key) => Number.isNaN(times[key]));
  if (wrong !== undefined)
    return `${wrong}: expected a time such as 2026-11-21T10:00Z or UNIX milliseconds, saw ${JSON.stringify(texts[wrong])}`;
  const { gaps = "false", limit = String(DEFAULT_ROWS) } = texts;
  if (gaps !== "true" && gaps !== "false") return `gaps: expected true or false, saw ${JSON.stringify(gaps)}`;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > MAX_ROWS)
    return `limit: expected 1 to ${MAX_ROWS}, saw ${JSON.stringify(limit)}`;
  const names = Object.fromEntries(NAMES.map((key) => [key, texts[key]]));
  return { ...names, ...times, gaps: gaps === "true", limit: count };
}

/** UNIX us of a date or of UNIX milliseconds; NaN for neither. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return (/^\d{10,16}$/.test(text) ? Number(text) : Date.parse(text)) * 1000;
}
