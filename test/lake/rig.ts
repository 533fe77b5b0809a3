import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { SlotViews } from "../../src/log/index.ts";
import type { InstrumentRow } from "../../src/log/index.ts";
import { FLAG, instrumentOf, KIND, SIDE } from "../../src/model/index.ts";
import type { Hole, SinkHost, SinkRows, SlotBatch } from "../../src/sinks/index.ts";

/** What a sink told its host. */
export interface Told {
  readonly reports: { level: string; message: string; facts: Readonly<Record<string, unknown>> }[];
  readonly states: string[];
  readonly figures: Record<string, number>;
}

export function hostOf(data: string, lanes: readonly string[] = ["main"]): { host: SinkHost; told: Told } {
  const told: Told = { reports: [], states: [], figures: {} };
  const host: SinkHost = {
    name: "parquet",
    lanes,
    data,
    secrets: {},
    report: (level, message, facts = {}) => void told.reports.push({ level, message, facts }),
    state: (state, reason) => void told.states.push(reason === undefined ? state : `${state}: ${reason}`),
    figure: (_, name, __, value) => void (told.figures[name] = value),
  };
  return { host, told };
}

export const LAKE_OPTIONS = {
  layout: "lake",
  buffer_bytes: 64 << 20,
  compact: false,
  keep_days: 0,
} as const;

export const INSTRUMENTS: readonly InstrumentRow[] = [
  {
    ...instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01, lot: 0.00001 }),
    id: 0,
    venueCode: 1,
  },
  {
    ...instrumentOf({ symbol: "BTC'PERP", canonical: "BTC-USD-PERP", kind: "perpetual", contractValue: 100 }),
    sizeUnit: "quote",
    pricePrecision: 1,
    sizePrecision: 8,
    id: 1,
    venueCode: 2,
  },
  {
    ...instrumentOf({ symbol: "B-27MAR26-1-C", canonical: "BTC-USD-27MAR26-100000-C", kind: "option" }),
    strike: 100_000,
    expiry: 1_774_598_400_000_000,
    tick: 0.0005,
    id: 2,
    venueCode: 2,
  },
];

export const ROWS: SinkRows = {
  venue: (code) => ["none", "binance", "deribit"][code] ?? null,
  instrument: (id) => INSTRUMENTS[id] ?? null,
};

/** 2025-11-21 10:59:59.5 UTC, half a second before an hour begins. */
export const NOON_NS = 1_763_722_799_500_000_000n;

/** Slots written by hand: the bytes a lane would have. */
export class SlotMaker {
  views = SlotViews.make(64);
  count = 0;
  readonly #data = () => new DataView(this.views.u8.buffer);

  /** A slot with its header; `body` writes from byte 24 on. */
  slot(
    kind: number,
    head: { flags?: number; venue?: number; instrument?: number; event?: bigint; recv?: bigint },
    body: (data: DataView, at: number) => void,
  ): this {
    if (this.count === this.views.count) this.#grow();
    const at = this.count++ * 64;
    const data = this.#data();
    data.setUint8(at, kind);
    data.setUint8(at + 1, head.flags ?? FLAG.LAST);
    data.setUint16(at + 2, head.venue ?? 1, true);
    data.setUint32(at + 4, head.instrument ?? 0, true);
    data.setBigInt64(at + 8, head.event ?? NOON_NS, true);
    data.setBigInt64(at + 16, head.recv ?? NOON_NS + 1_500_000n, true);
    body(data, at);
    return this;
  }

  trade(id: bigint, price: number, size: number, recv = NOON_NS): this {
    return this.slot(KIND.TRADE, { event: recv, recv }, (data, at) => {
      data.setFloat64(at + 24, price, true);
      data.setFloat64(at + 32, size, true);
      data.setBigUint64(at + 40, id, true);
      data.setUint8(at + 56, SIDE.BUY);
    });
  }

  /** Everything so far, as the part of the log from `first` on; the maker begins anew. */
  batch(
    first: number,
    more: { lane?: string; session?: string; holes?: Hole[]; rows?: SinkRows } = {},
  ): SlotBatch {
    const { views, count } = this;
    this.views = SlotViews.make(64);
    this.count = 0;
    return {
      lane: more.lane ?? "main",
      session: more.session ?? "1763722000000000",
      first,
      end: first + count,
      slots: views,
      count,
      seqs: Float64Array.from({ length: count }, (_, i) => first + i),
      holes: more.holes ?? [],
      rows: more.rows ?? ROWS,
    };
  }

  #grow(): void {
    const views = SlotViews.make(this.views.count * 2);
    views.i32.set(this.views.i32);
    this.views = views;
  }
}

/** A folder that is gone when the tests of a file are over. */
export function temporaryFolder(prefix: string, afterAll: (run: () => void) => void): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}
