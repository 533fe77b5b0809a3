import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startSimulator } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startFlood } from "./flood.ts";

/**
 * The load, a process of its own: `market.ts MESSAGES_PER_SECOND SEED`. Simulated venues say a bit of everything (books,
 * derivatives, options' underlyings); the rest are trades and quotes of one venue whose sockets are the flood's, so that there
 * is the same load a moment after the gateway came back. Prints one JSON line, and ends when its standard input does. Venues' limits
 * are off: no venue would allow a client that is killed every second to come back so often, and here it shall.
 */
const VENUES = ["binance", "binance-usdm", "coinbase", "kraken", "deribit"];
/** Book changes a second and instrument; and messages a second that this makes, about. */
const [RATE, SIMULATED] = [20, 350];
const INSTRUMENTS = 4;

const [perSecond, seed] = process.argv.slice(2);
const simulator = await startSimulator({
  venues: VENUES.map((id) => venueById(id)!),
  seed: seed!,
  instruments: INSTRUMENTS,
  limits: false,
  rate: RATE,
});
const { symbols } = simulator;
const flood = await startFlood(symbols["binance"]!, Math.max(1, Number(perSecond) - SIMULATED));
const endpoints = {
  ...simulator.endpoints,
  binance: { ...simulator.endpoints["binance"]!, ws: flood.ws },
};
const control = createServer((_, response) => {
  response.end(JSON.stringify({ messages: simulator.stats().messages + flood.sent }));
}).listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ endpoints, symbols, control: url })}\n`);
});
process.stdin.once("end", () => process.exit()).resume();
