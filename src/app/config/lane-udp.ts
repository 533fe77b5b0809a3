import { millis, z } from "./zod.ts";

const address = z.union([z.ipv4(), z.ipv6()], { error: "expected an IP address, such as 239.1.2.3" });

/** What a lane hears instead of venues. */
export const LaneUdp = z.strictObject({
  bind: z
    .string()
    .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/\]]+):\d{1,5}$/, "expected host:port, such as 0.0.0.0:9400")
    .describe("Address and port to listen on"),
  groups: z.array(address).max(16).default([]).describe("Groups of multicast to join"),
  interface: address
    .optional()
    .describe("Address of the interface to join them on; unset: the system's choice"),
  from: z.array(address).max(64).default([]).describe("Addresses that are believed; empty: all"),
  lanes: z.array(z.string()).max(16).default([]).describe("Lanes of the sender to take; empty: all"),
  window: z
    .int()
    .min(0)
    .max(4096)
    .default(64)
    .describe("Datagrams held back at most while an earlier one is missing"),
  reorder_ms: millis(0, 10_000).default(20).describe("How long an earlier one is waited for"),
  silent_ms: millis(100, 600_000).default(3000).describe("Silence after which a sender counts as down"),
  receive_buffer: z
    .int()
    .min(65_536)
    .max(2 ** 28)
    .default(4_194_304)
    .describe("Bytes of the system's buffer; Linux gives at most net.core.rmem_max"),
});

/** What lanes have one kind of: feeds, or what they hear. One line a fault. */
export function sourceFaults(
  lanes: readonly { readonly feeds: readonly unknown[]; readonly udp?: unknown }[],
): string[] {
  return lanes.flatMap(({ feeds, udp }, i) => {
    if (udp !== undefined && feeds.length > 0)
      return [`lanes[${i}]: expected feeds or udp, saw both; make two lanes of it`];
    if (udp === undefined && feeds.length === 0)
      return [`lanes[${i}].feeds: missing; expected a list of feeds, or udp, to listen to`];
    return [];
  });
}
