import { describe, expect, it } from "vitest";
import type { Instrument } from "../../model/index.ts";
import { Bench, SECOND, spot } from "../../../test/contracts/wired-lane.ts";

describe("an option chain", () => {
  const option = (days: number, strike: number, now: number): Instrument =>
    spot("BTC", {
      symbol: `${days}d${strike}`,
      canonical: `BTC-USD-${days}-${strike}-C`,
      kind: "option",
      expiry: now + days * 86_400 * SECOND,
      strike,
    });
  const perpetual = spot("BTC", { symbol: "PERP", canonical: "BTC-USD-PERP", kind: "perpetual" });
  const chain = { base: "BTC", expiries: 1, strikes: 1, kinds: ["option"] } as const;
  const symbols = (bench: Bench): string[] => bench.feed.markets.map((one) => one.symbol);

  function start(): Bench {
    const bench = new Bench({ symbols: [], chains: [chain], channels: ["trade", "ticker"] });
    const list = [1, 2].flatMap((days) => [10, 20, 30, 40].map((one) => option(days, one, bench.now)));
    bench.begin([...list, perpetual]);
    return bench;
  }
  function worth(bench: Bench, price: number): void {
    bench.feed.markets.find((one) => one.symbol === "PERP")!.worth.set([price, bench.time.mark]);
    bench.pass(1000);
  }

  it("hears the perpetual first, then the strikes around its price", () => {
    const bench = start();
    expect(bench.wires[0]!.asked().slice(1)).toEqual(["subscribe ticker PERP"]);
    worth(bench, 22);
    expect(symbols(bench)).toEqual(["PERP", "1d20", "1d30"]);
    expect(bench.wires[0]!.asked()).toEqual(["subscribe trade 1d20 1d30", "subscribe ticker 1d20 1d30"]);
    bench.stop();
  });

  it("hears what is near before it leaves what is far, and not at all what only flaps", () => {
    const bench = start();
    worth(bench, 22);
    bench.wires[0]!.asked();
    worth(bench, 31);
    expect(symbols(bench)).toEqual(["PERP", "1d20", "1d30"]);
    worth(bench, 36);
    expect(symbols(bench)).toEqual(["PERP", "1d20", "1d30", "1d40"]);
    expect(bench.wires[0]!.asked()).toEqual(["subscribe trade 1d40", "subscribe ticker 1d40"]);
    bench.pass(6000);
    expect(symbols(bench)).toEqual(["PERP", "1d30", "1d40"]);
    expect(bench.wires[0]!.asked()).toEqual(["unsubscribe trade 1d20", "unsubscribe ticker 1d20"]);
    worth(bench, 22);
    bench.pass(2000);
    worth(bench, 36);
    bench.pass(10_000);
    expect(symbols(bench).toSorted()).toEqual(["1d30", "1d40", "PERP"]);
    bench.stop();
  });

  it("goes on to the next expiry when one has come", () => {
    const bench = start();
    worth(bench, 22);
    bench.told();
    bench.pass(86_400_000);
    expect(bench.told()).toEqual([
      "instrument 1d20 expired",
      "instrument 1d30 expired",
      "instrument 2d20 trading",
      "instrument 2d30 trading",
    ]);
    bench.pass(40_000);
    expect(symbols(bench)).toEqual(["PERP", "2d20", "2d30"]);
    bench.stop();
  });

  it("starts from the middle of the strikes when no price comes", () => {
    const bench = start();
    bench.pass(29_000);
    expect(symbols(bench)).toEqual(["PERP"]);
    bench.pass(2000);
    expect(symbols(bench)).toEqual(["PERP", "1d20", "1d30"]);
    bench.stop();
  });
});
