import type { Instrument } from "./instrument.ts";

/**
 * What a size means. Events keep the venue's own numbers, so that the text it sent is what comes out again; a size counts
 * coins at one venue, contracts at another, dollars at a third. The instrument says which: a size of 1 is worth
 * `contractValue` base coins or, where `sizeUnit` is "quote" (inverse contracts), units of the quote currency.
 *
 *   spot, linear, option   BTC-USDT-PERP of OKX, 0.01 BTC a contract: 250 at 64000 are 2.5 BTC, 160000 USDT
 *   inverse                BTC-USD-PERP of OKX, 100 USD a contract: 250 at 64000 are 25000 USD, 0.390625 BTC
 *
 * Results are rounded to fifteen significant digits, the exactness of a double's decimal text: 3 contracts of 0.1 are 0.3.
 * An unknown contract value, or a price that is needed and not above 0, gives NaN.
 */
export type Sized = Pick<Instrument, "contractValue" | "sizeUnit">;

/** Size in base coins. `price` is looked at for inverse instruments alone. */
export function baseSize(one: Sized, price: number, size: number): number {
  const amount = size * one.contractValue;
  return one.sizeUnit === "quote" ? decimal(price > 0 ? amount / price : NaN) : decimal(amount);
}

/**
 * Worth in the quote currency. Of an option pass the price of its underlying: that is what it is about; what it costs
 * is {@link premium}.
 */
export function notional(one: Sized, price: number, size: number): number {
  const amount = size * one.contractValue;
  return decimal(one.sizeUnit === "quote" ? amount : price > 0 ? amount * price : NaN);
}

/** What `size` of an option costs at `price`, in the currency its price is in (the base coin where it is settled in that). */
export function premium(one: Sized, price: number, size: number): number {
  return notional({ contractValue: one.contractValue }, price, size);
}

/** The way back: the size, as the venue counts, that is nearest to `base` coins; not rounded to the lot. */
export function sizeOfBase(one: Sized, price: number, base: number): number {
  if (!(one.contractValue > 0)) return NaN;
  const amount = one.sizeUnit === "quote" ? (price > 0 ? base * price : NaN) : base;
  return decimal(amount / one.contractValue);
}

function decimal(value: number): number {
  return Number(value.toPrecision(15));
}
