/**
 * The lattice an instrument lives on. Prices and sizes are whole numbers of ticks and lots; a double appears only
 * by one division through a power of ten, which IEEE rounds correctly, so it equals the decimal text's double.
 */
export interface Grid {
  /** Ticks to the price's integer mantissa, and the power of ten that mantissa is divided by. */
  readonly tickUnits: number;
  readonly tickScale: number;
  readonly lotUnits: number;
  readonly lotScale: number;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

interface Step {
  units: number;
  scale: number;
  decimals: number;
}

/** "0.05" -> 5 units at 10^2. Throws RangeError on anything but a positive plain decimal. */
function stepOf(text: string): Step {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const digits = match === null ? "" : match[1]! + (match[2] ?? "");
  const units = Number(digits);
  if (match === null || !(units > 0))
    throw new RangeError(`expected a positive decimal step like "0.01", saw "${text}"`);
  const decimals = (match[2] ?? "").length;
  return { units, scale: 10 ** decimals, decimals };
}

export function gridOf(tick: string, lot: string): Grid {
  const price = stepOf(tick);
  const size = stepOf(lot);
  return {
    tickUnits: price.units,
    tickScale: price.scale,
    priceDecimals: price.decimals,
    lotUnits: size.units,
    lotScale: size.scale,
    sizeDecimals: size.decimals,
  };
}

export function priceOf(grid: Grid, ticks: number): number {
  return (ticks * grid.tickUnits) / grid.tickScale;
}

export function sizeOf(grid: Grid, lots: number): number {
  return (lots * grid.lotUnits) / grid.lotScale;
}

/** The nearest lattice point of a price; not rounded to an integer when `exact` positions are wanted. */
export function ticksOf(grid: Grid, price: number): number {
  return (price * grid.tickScale) / grid.tickUnits;
}

/** A number rounded to `decimals`, as the double of that decimal text. */
export function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
