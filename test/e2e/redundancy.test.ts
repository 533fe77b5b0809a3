import { describe } from "vitest";
import { venueById } from "../../src/venues/index.ts";
import { redundancySuite } from "./redundancy.ts";

/** REDUNDANCY_KILLS=1000 is the whole proof; a few dozen run each time. */
const KILLS = Number(process.env["REDUNDANCY_KILLS"] ?? "15");
const VENUES = [
  "binance",
  "binance-usdm",
  "okx",
  "bybit",
  "bitget",
  "deribit",
  "gemini",
  "kraken",
  "coinbase",
  "coinbase-exchange",
].map((id) => venueById(id)!);

describe("two sockets, one killed at random moments", () =>
  redundancySuite({ venues: VENUES, kills: KILLS, patience: 60_000 + KILLS * 3000 }));
