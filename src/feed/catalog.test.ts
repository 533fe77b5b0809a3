import { describe, expect, it } from "vitest";
import { Catalog } from "./catalog.ts";
import { instrumentOf } from "../model/index.ts";

const btc = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", status: "trading", tick: 0.01 });
const old = instrumentOf({ symbol: "BTCUSDTOLD", canonical: "BTC-USDT", status: "delisted" });

describe("Catalog", () => {
  it("finds native and canonical names and names what it does not know", () => {
    const catalog = new Catalog();
    catalog.update([btc, old]);
    const { found, unknown } = catalog.resolve(["BTC-USDT", "BTCUSDT", "BTCUSDTOLD", "NOPE"]);
    expect(found.map((one) => one.symbol)).toEqual(["BTCUSDT", "BTCUSDTOLD"]);
    expect(unknown).toEqual(["NOPE"]);
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
