import { startSimulator } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";

/**
 * Simulated venues under load, as a process of their own: `market.ts VENUES MESSAGES_PER_SECOND SEED`. Prints one JSON line
 * (endpoints, symbols, control) and ends when its standard input does. Venues' limits are off: no venue would allow a client
 * that is killed every second to come back so often, and here it shall.
 */
const [names, load, seed] = process.argv.slice(2);
const venues = names!.split(",").map((id) => venueById(id)!);
const simulator = await startSimulator({
  venues,
  seed: seed!,
  instruments: 8,
  limits: false,
  load: { messagesPerSecond: Number(load) },
});
const { endpoints, symbols, control } = simulator;
process.stdout.write(`${JSON.stringify({ endpoints, symbols, control })}\n`);
process.stdin.once("end", () => process.exit()).resume();
