import { startSimulator } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";

/**
 * Simulated venues under load, as a process of their own: `market.ts VENUES MESSAGES_PER_SECOND SEED steady|stubborn`. Prints one
 * JSON line (endpoints, symbols, control) and ends when its standard input does. Venues' limits are off: no venue would allow a
 * client that is killed every second to come back so often, and here it shall. A steady market is steered to so many messages a
 * second, and rests when nobody listens; a stubborn one goes on at its pace, whoever comes or goes, and so much only on average.
 */
const [names, load, seed, manner] = process.argv.slice(2);
/** Messages for each book change and instrument a second, of all eight times five instruments: measured. */
const MESSAGES = 20;
const messagesPerSecond = Number(load);
const simulator = await startSimulator({
  venues: names!.split(",").map((id) => venueById(id)!),
  seed: seed!,
  instruments: 8,
  limits: false,
  ...(manner === "steady" ? { load: { messagesPerSecond } } : { rate: messagesPerSecond / MESSAGES }),
});
const { endpoints, symbols, control } = simulator;
process.stdout.write(`${JSON.stringify({ endpoints, symbols, control })}\n`);
process.stdin.once("end", () => process.exit()).resume();
