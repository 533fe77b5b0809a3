import { describe, expect, it } from "vitest";
import { FRAME, withOptions } from "../../model/index.ts";
import type { ServerConnection } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { sbePlain } from "../../../test/contracts/sbe-plain.ts";
import { fixtureRig, readLine, venueContract } from "../../../test/contracts/venue.ts";
import { binance } from "./venue.ts";

const FOLDER = "binance/sbe";
const sbe = withOptions(binance, { stream: "sbe" });

/** The whole contract for the binary form: its own fixtures, and a naive reading in place of JSON.parse. */
venueContract(sbe, { folder: FOLDER, naive: sbePlain });

describe("fixtures of binance/sbe", () => {
  it("mean what a naive reading says", () => {
    const rig = fixtureRig(sbe, FOLDER);
    const binary = fixturesOf(FOLDER).flatMap(({ frames }) => frames.filter(({ b64 }) => b64 !== undefined));
    expect(binary.length).toBeGreaterThan(15);
    for (const line of binary) {
      const { frame, events, slowFallbacks } = readLine(rig, line)!;
      expect([frame, slowFallbacks]).toEqual([FRAME.DATA, 0]);
      expect(events).toEqual(sbePlain(Buffer.from(line.b64!, "base64"), rig));
    }
  });
});

describe("the stream option", () => {
  it("is JSON unless SBE is asked for, which needs a key", () => {
    expect(withOptions(binance, { stream: "json" })).toEqual(binance);
    expect([binance.apiKey, sbe.apiKey?.header]).toEqual([undefined, "X-MBX-APIKEY"]);
    expect(sbe.connectUrl(sbe.sockets[0]!, sbe.sockets[0]!.url)).toBe(
      "wss://stream-sbe.binance.com:9443/stream",
    );
    expect(() => withOptions(binance, { stream: "fix" })).toThrow(
      'binance stream: expected json or sbe, saw "fix"',
    );
  });

  it("asks for the streams by their own names, in JSON", () => {
    const wanted = (["trade", "quote", "book", "partial_book"] as const).map((channel) => ({
      channel,
      symbol: "BTCUSDT",
    }));
    expect(sbe.subscribe(wanted, () => 1)).toMatchObject([
      {
        text: '{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@bestBidAsk","btcusdt@depth","btcusdt@depth20"],"id":1}',
      },
    ]);
    expect(() => sbe.subscribe([{ channel: "agg_trade", symbol: "BTCUSDT" }], () => 1)).toThrow(
      "expected a channel out of trade, quote, book, partial_book; saw agg_trade",
    );
  });

  it("has no binary form of other events", () => {
    const connection: ServerConnection = { path: "/stream", sequence: 0, active: [], now: () => 1 };
    const rig = fixtureRig(sbe, FOLDER);
    const [instrument] = rig.instruments;
    const common = { venue: "binance", symbol: "BTCUSDT", instrument: null, ts_event: 1, ts_recv: 1 };
    const ticker = { type: "ticker", ...common } as const;
    const subscription = { channel: "ticker", symbol: "BTCUSDT" } as const;
    expect(() => sbe.server.encodeBinary!(ticker, instrument!, subscription, connection)).toThrow(
      "saw ticker: SBE has no stream of it",
    );
  });
});
