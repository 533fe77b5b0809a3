import type { CounterRow } from "../log/index.ts";
import type { VenueId } from "../model/index.ts";
import type { CopyHealth } from "../servers/ops-source.ts";

const UP = "feedhorn_connection_up";

/** The connections of a venue that carry the same as others, by name; empty where each is alone. */
export function copiesOf(rows: readonly CounterRow[], venue: VenueId): CopyHealth[] {
  const prefix = `venue="${venue}",`;
  const ours = rows.filter(({ labels }) => labels.startsWith(prefix));
  return ours
    .filter(({ name }) => name === UP)
    .map(({ labels, value }) => {
      const of = (name: string): number =>
        ours.find((row) => row.name === name && row.labels === labels)?.value ?? 0;
      return {
        connection: /connection="([^"]*)"/.exec(labels)?.[1] ?? "",
        up: value === 1,
        leads: of("feedhorn_connection_leads") === 1,
        wins: of("feedhorn_connection_wins_total"),
        lag_us: of("feedhorn_connection_lag_us"),
      };
    });
}
