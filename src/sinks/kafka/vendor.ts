import { subscribe } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";

/** The one door to the vendor's package. */
const load = () => import("@platformatic/kafka");

export type Vendor = Awaited<ReturnType<typeof load>>;
export type VendorConsumer = InstanceType<Vendor["Consumer"]>;
export type VendorConnection = InstanceType<Vendor["Connection"]>;

let loading: Promise<Vendor> | null = null;

/** Loads it when it is needed first. */
export function loadVendor(): Promise<Vendor> {
  loading ??= load().then((vendor) => {
    subscribe("plt:kafka:instances", harden);
    return vendor;
  });
  return loading;
}

/** A connection of its that fails twice (reset in the middle of a SASL exchange) would end the process: it listens for the first failure only. */
function harden(message: unknown): void {
  const { instance } = message as { instance: unknown };
  if (instance instanceof EventEmitter) instance.on("error", () => undefined);
}
