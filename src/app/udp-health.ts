import { readCounters } from "../log/index.ts";
import type { Region } from "../log/index.ts";
import type { UdpHealth } from "../servers/ops-source.ts";

const SENDER = /^sender="([^"]*)"$/;

/** Every sender that a lane has heard, by its name. */
export function udpHealth(region: Region): Record<string, UdpHealth> {
  const rows = readCounters(region.counters).filter(({ name }) => name.startsWith("feedhorn_udp_"));
  const value = (sender: string, name: string): number =>
    rows.find((row) => row.name === `feedhorn_udp_${name}` && row.labels === `sender="${sender}"`)?.value ??
    0;
  const senders = new Set(rows.flatMap(({ labels }) => SENDER.exec(labels)?.[1] ?? []));
  return Object.fromEntries(
    [...senders].map((sender) => [
      sender,
      {
        up: value(sender, "sender_up") === 1,
        lost_datagrams: value(sender, "lost_datagrams_total"),
        lost_slots: value(sender, "lost_slots_total"),
        books_live: value(sender, "books_live"),
      },
    ]),
  );
}

/** What keeps a lane over UDP from being ready: nobody is heard, or one is not any more. */
export function udpReasons(lane: {
  readonly plan: { readonly name: string; readonly udp?: unknown };
  readonly region: Region;
}): string[] {
  const { plan, region } = lane;
  if (plan.udp === undefined) return [];
  const senders = Object.entries(udpHealth(region));
  if (senders.length === 0) return [`lane ${plan.name}: no sender heard over udp`];
  return senders.flatMap(([name, { up }]) => (up ? [] : [`lane ${plan.name}: sender ${name} is silent`]));
}
