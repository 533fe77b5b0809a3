import { describe, expect, it } from "vitest";
import { copiesOf } from "./copies-health.ts";

function row(name: string, labels: string, value: number): Parameters<typeof copiesOf>[0][number] {
  return { name, labels, value, unit: "", help: "", gauge: true };
}

describe("health of connections that carry the same", () => {
  it("tells of each by name, and of no other venue's", () => {
    const first = 'venue="binance",connection="stream-0-0"';
    const second = 'venue="binance",connection="stream-0-1"';
    const rows = [
      row("feedhorn_connection_up", first, 1),
      row("feedhorn_connection_wins_total", first, 70),
      row("feedhorn_connection_leads", first, 1),
      row("feedhorn_connection_lag_us", first, 0),
      row("feedhorn_connection_up", second, 0),
      row("feedhorn_connection_wins_total", second, 30),
      row("feedhorn_connection_lag_us", second, 900),
      row("feedhorn_connection_up", 'venue="binance-usdm",connection="public-0-0"', 1),
      row("feedhorn_connections_up", 'venue="binance"', 1),
    ];
    expect(copiesOf(rows, "binance")).toEqual([
      { connection: "stream-0-0", up: true, leads: true, wins: 70, lag_us: 0 },
      { connection: "stream-0-1", up: false, leads: false, wins: 30, lag_us: 900 },
    ]);
    expect(copiesOf(rows, "kraken")).toEqual([]);
  });
});
