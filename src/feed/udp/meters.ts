import type { CounterWriter, HistogramWriter } from "../../log/index.ts";

/** Counters of one sender's lane: name, extra labels, unit, what it counts. */
const COUNTERS = {
  datagrams: ["feedhorn_udp_datagrams_total", "", "datagrams", "datagrams taken in order"],
  slots: ["feedhorn_udp_slots_total", "", "slots", "slots heard and committed"],
  lostDatagrams: ["feedhorn_udp_lost_datagrams_total", "", "datagrams", "datagrams that did not come"],
  lostSlots: ["feedhorn_udp_lost_slots_total", "", "slots", "slots that were in them"],
  cutSlots: ["feedhorn_udp_cut_slots_total", "", "slots", "slots of events of which a part was lost"],
  holeSlots: ["feedhorn_udp_sender_hole_slots_total", "", "slots", "slots that the sender had not either"],
  unnamed: [
    "feedhorn_udp_unnamed_slots_total",
    "",
    "slots",
    "slots of instruments whose row had not come or had no room",
  ],
  refusedSlots: ["feedhorn_udp_refused_slots_total", "", "slots", "slots of events that could not be"],
  duplicates: ["feedhorn_udp_duplicates_total", "", "datagrams", "datagrams that came more than once"],
  reordered: ["feedhorn_udp_reordered_total", "", "datagrams", "datagrams behind a later one, in time"],
  late: ["feedhorn_udp_late_total", "", "datagrams", "datagrams that had been given up"],
  sessions: ["feedhorn_udp_sessions_total", "", "sessions", "times the sender began to count anew"],
  broken: ["feedhorn_udp_broken_total", "", "times", "times its books were doubted because of a loss"],
} as const;

const GAUGES = {
  up: ["feedhorn_udp_sender_up", "", "", "1 while the sender is heard"],
  books: ["feedhorn_udp_books_live", "", "books", "books that are whole and live"],
} as const;

/** Rows of the counters table, by name, and of a histogram. */
export type UdpMeters = { readonly [Key in keyof typeof COUNTERS | keyof typeof GAUGES | "latency"]: number };

export function declareUdpMeters(
  counters: CounterWriter,
  histograms: HistogramWriter,
  sender: string,
): UdpMeters {
  const rows: Record<string, number> = {};
  for (const [table, gauge] of [
    [COUNTERS, false],
    [GAUGES, true],
  ] as const)
    for (const [key, [name, extra, unit, help]] of Object.entries(table)) {
      const labels = `sender="${sender}"${extra === "" ? "" : `,${extra}`}`;
      rows[key] = counters.declare({ name, labels, unit, help }, gauge);
    }
  rows["latency"] = histograms.declare({
    name: "feedhorn_udp_latency_us",
    labels: `sender="${sender}"`,
    unit: "us",
    help: "from sent, by the sender's clock, to committed, by ours",
  });
  return rows as unknown as UdpMeters;
}
