import { DERIVED } from "../../model/index.ts";
import { Isolation } from "./keeping.ts";
import { millis, z } from "./zod.ts";

/** Figures that are made of several events, on a lane of their own (docs/derived.md). */

const Name = z.string().min(1).max(64);
const every = millis(100, 60_000).default(1000).describe("Time between two, on the clock on the wall");

const SpotMid = z.strictObject({
  every_ms: every,
  fresh_ms: millis(100, 600_000).default(3000).describe("A price older than that does not count"),
  divergence_bps: z
    .number()
    .min(0)
    .max(10_000)
    .default(20)
    .describe("Venues further apart than that, in hundredths of a percent, are suspect"),
  products: z
    .array(Name)
    .min(1)
    .max(4096)
    .optional()
    .describe("Canonical names; unset: every spot pair heard"),
  aliases: z
    .record(Name, Name)
    .default({})
    .describe("Pairs that count as another product: {BTC-USDT: BTC-USD}"),
});

const IvSurface = z.strictObject({
  every_ms: every,
  fresh_ms: millis(100, 600_000).default(3000).describe("A ticker older than that does not count"),
  expiries: z.int().min(1).max(64).default(4).describe("Expiries of each underlying, the nearest first"),
  strike_range_factor: z
    .number()
    .min(0.01)
    .max(10)
    .default(0.5)
    .describe("Strikes up to this part of the price away from it"),
  max_strikes: z
    .int()
    .min(1)
    .max(240)
    .default(100)
    .describe("Strikes of a surface, the nearest to the money"),
});

export const Derived = z
  .strictObject({
    spot_mid: SpotMid.optional().describe("Prices of products over venues; unset: none"),
    iv_surface: IvSurface.optional().describe("Implied volatilities of each expiry; unset: none"),
    isolation: Isolation,
  })
  .optional()
  .describe("Figures made of several events, on the lane `derived`; unset: none");

export type DerivedConfig = NonNullable<z.output<typeof Derived>>;

/** The derived lane's name, where there is one. */
export function derivedLanes(derived: DerivedConfig | undefined): string[] {
  return derived?.spot_mid === undefined && derived?.iv_surface === undefined ? [] : [DERIVED];
}

/** What cannot be, one line a fault. `lanes`: names of the others. */
export function derivedFaults(derived: DerivedConfig | undefined, lanes: readonly string[]): string[] {
  if (derived === undefined) return [];
  if (derivedLanes(derived).length === 0)
    return ["derived: expected spot_mid or iv_surface, saw neither; name one ({} is enough) or leave it out"];
  const taken = lanes.indexOf(DERIVED);
  return taken < 0
    ? []
    : [`lanes[${taken}].name: expected another name than "${DERIVED}", which is the lane of derived figures`];
}
