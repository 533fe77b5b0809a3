import { Backoff } from "./backoff.ts";
import type { Http } from "./http.ts";
import { instrumentOf } from "../model/index.ts";
import type { Instrument, Venue } from "../model/index.ts";

/** Names asked for, found and not found in a venue's metadata. */
export interface Resolved {
  readonly found: readonly Instrument[];
  readonly unknown: readonly string[];
}

/**
 * The instruments of one venue. A name may be native (`BTCUSDT`) or canonical (`BTC-USDT`); native wins, and an
 * instrument that trades wins over one that does not.
 */
export class Catalog {
  readonly #bySymbol = new Map<string, Instrument>();
  readonly #byCanonical = new Map<string, Instrument>();

  get size(): number {
    return this.#bySymbol.size;
  }

  /** Adds or replaces; returns those that were not there before or differ. */
  update(instruments: readonly Instrument[]): Instrument[] {
    const changed = instruments.filter((one) => !same(this.#bySymbol.get(one.symbol), one));
    for (const one of changed) {
      this.#bySymbol.set(one.symbol, one);
      const other = this.#byCanonical.get(one.canonical);
      if (other === undefined || other.symbol === one.symbol || one.status === "trading") {
        this.#byCanonical.set(one.canonical, one);
      }
    }
    return changed;
  }

  get(symbol: string): Instrument | undefined {
    return this.#bySymbol.get(symbol);
  }

  resolve(names: readonly string[]): Resolved {
    const found = new Map<string, Instrument>();
    const unknown: string[] = [];
    for (const name of names) {
      const one = this.#bySymbol.get(name) ?? this.#byCanonical.get(name);
      if (one === undefined) unknown.push(name);
      else found.set(one.symbol, one);
    }
    return { found: [...found.values()], unknown };
  }
}

function same(a: Instrument | undefined, b: Instrument): boolean {
  return (
    a !== undefined && (Object.keys(b) as (keyof Instrument)[]).every((key) => Object.is(a[key], b[key]))
  );
}

/** Metadata by rule alone, where the venue's cannot be had: enough to subscribe, without tick, lot and precisions. */
export function ruleInstrument(venue: Venue, name: string): Instrument {
  const canonical = venue.canonical(name);
  return canonical === null
    ? instrumentOf({ symbol: venue.native(name), canonical: name })
    : instrumentOf({ symbol: name, canonical });
}

/** Pages that one metadata request may have. */
const MAX_PAGES = 100;

/**
 * Fetches a venue's metadata, every request and page of it, until it has it; each failure is reported and followed by a
 * longer wait. Resolves to null when `stopped()` turns true.
 */
export async function fetchInstruments(
  venue: Venue,
  http: Http,
  base: string,
  report: (reason: string) => void,
  stopped: () => boolean,
): Promise<Instrument[] | null> {
  const backoff = new Backoff({ minMs: 250, maxMs: 30_000 });
  const all: Instrument[] = [];
  const waiting = [...venue.instruments.requests];
  for (let pages = 0; waiting.length > 0 && !stopped();) {
    const request = waiting[0]!;
    const result = await http.get(base + request.path, venue.rest.usedWeightHeader);
    const body = result.ok ? result.body.toString("utf8") : "";
    const outcome = result.ok ? read(venue, body) : result.reason;
    if (typeof outcome !== "string") {
      all.push(...outcome);
      const next = ++pages < MAX_PAGES ? (venue.instruments.next?.(request, body) ?? null) : null;
      if (next === null) waiting.shift();
      else waiting[0] = next;
      backoff.reset();
      continue;
    }
    report(outcome);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(backoff.next(), result.ok ? 0 : result.retryMs)),
    );
  }
  return stopped() ? null : all;
}

function read(venue: Venue, body: string): Instrument[] | string {
  try {
    return venue.instruments.parse(body);
  } catch (error) {
    return `metadata of ${venue.id} not readable: ${error instanceof Error ? error.message : String(error)}`;
  }
}
