import { declaredCount, declareLabel, readLabel } from "./label.ts";
import type { Label } from "./label.ts";
import { HISTOGRAM_BUCKETS, HISTOGRAM_OCTAVES, HISTOGRAM_ROW } from "./layout.ts";
import type { Rows } from "./rows.ts";

export interface HistogramRow extends Label {
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  /** Events per bucket; upper bounds by {@link bucketBound}. */
  readonly buckets: Float64Array;
}

const AT = HISTOGRAM_ROW.at;
const STRIDE = HISTOGRAM_ROW.size / 8;
const scratch = new Float64Array(1);
const scratchHigh = new Uint32Array(scratch.buffer);

/**
 * Bucket of a value >= 0: the exponent and the first three mantissa bits of the double are the octave and its eighth.
 * Below 1 (and NaN) is bucket 0, 2^26 and more the last. A bucket is at most 12.5 % wide.
 */
export function bucketOf(value: number): number {
  if (!(value >= 1)) return 0;
  scratch[0] = value;
  const index = ((scratchHigh[1]! >>> 17) - (1023 << 3)) | 0;
  return index >= HISTOGRAM_OCTAVES * 8 ? HISTOGRAM_BUCKETS - 1 : index + 1;
}

/** Upper bound (exclusive) of a bucket, in the histogram's unit. */
export function bucketBound(bucket: number): number {
  if (bucket === 0) return 1;
  if (bucket >= HISTOGRAM_BUCKETS - 1) return Infinity;
  return 2 ** ((bucket - 1) >> 3) * (1 + (((bucket - 1) & 7) + 1) / 8);
}

/** Named distributions of a lane; only the lane writes. */
export class HistogramWriter {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Row number of a histogram, declared once by name and labels. RangeError as for counters. */
  declare(label: Label): number {
    return declareLabel(this.#rows, HISTOGRAM_ROW, label);
  }

  /** Adds `value`, `times` over. */
  record(row: number, value: number, times = 1): void {
    const { f64 } = this.#rows;
    const at = row * STRIDE;
    f64[at + AT.buckets / 8 + bucketOf(value)]! += times;
    f64[at + AT.count / 8]! += times;
    f64[at + AT.sum / 8]! += value * times;
    if (value > f64[at + AT.max / 8]!) f64[at + AT.max / 8] = value;
  }
}

/** All declared histograms. Buckets are copied while the lane writes: their sum may differ from `count` by a few. */
export function readHistograms(rows: Rows): HistogramRow[] {
  return Array.from({ length: declaredCount(rows, HISTOGRAM_ROW) }, (_, row) => {
    const at = row * STRIDE;
    const first = at + AT.buckets / 8;
    return {
      ...readLabel(rows.u8, row * HISTOGRAM_ROW.size, HISTOGRAM_ROW),
      count: rows.f64[at + AT.count / 8]!,
      sum: rows.f64[at + AT.sum / 8]!,
      max: rows.f64[at + AT.max / 8]!,
      buckets: rows.f64.slice(first, first + HISTOGRAM_BUCKETS),
    };
  });
}

/** Value below which a share `q` (0 .. 1) of what was recorded lies: the bound of its bucket, never above max. 0 if empty. */
export function quantile(row: HistogramRow, q: number): number {
  let total = 0;
  for (const count of row.buckets) total += count;
  let left = q * total;
  for (let bucket = 0; bucket < row.buckets.length; bucket++) {
    left -= row.buckets[bucket]!;
    if (left <= 0 && row.buckets[bucket]! > 0) return Math.min(bucketBound(bucket), row.max);
  }
  return total === 0 ? 0 : row.max;
}
