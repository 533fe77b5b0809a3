import { describe, expect, it } from "vitest";
import { Catalog } from "./catalog.ts";
import { instrumentOf } from "../../model/index.ts";

const btc = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", status: "trading", tick: 0.01 });
const old = instrumentOf({ symbol: "BTCUSDTOLD", canonical: "BTC-USDT", status: "delisted" });

describe("Catalog", () => {
  it("finds native and canonical names, and what trades before what does not", () => {
    const catalog = new Catalog();
    catalog.update([btc, old]);
    const names = ["BTC-USDT", "BTCUSDT", "BTCUSDTOLD", "NOPE"];
    expect(names.map((name) => catalog.find(name)?.symbol)).toEqual([
      "BTCUSDT",
      "BTCUSDT",
      "BTCUSDTOLD",
      undefined,
    ]);
  });

  it("tells what a new list brings, changes and leaves out", () => {
    const catalog = new Catalog();
    catalog.update([btc, old]);
    const eth = instrumentOf({ symbol: "ETHUSDT", canonical: "ETH-USDT" });
    expect(catalog.replace([old, eth])).toEqual({ changed: [eth], vanished: [btc] });
    expect([catalog.size, catalog.find("BTCUSDT"), catalog.find("BTC-USDT")]).toEqual([2, undefined, old]);
    expect(catalog.replace([old, eth])).toEqual({ changed: [], vanished: [] });
  });

  it("reports what is new or different, and nothing for the same again (NaN fields too)", () => {
    const catalog = new Catalog();
    expect(catalog.update([btc])).toEqual([btc]);
    expect(catalog.update([{ ...btc }])).toEqual([]);
    const moved = { ...btc, tick: 0.1 };
    expect(catalog.update([moved])).toEqual([moved]);
    expect(catalog.get("BTCUSDT")?.tick).toBe(0.1);
  });
});
