import type { OpsServer } from "../servers/ops.ts";
import type { GatewayCompat } from "./compat/start.ts";
import type { Config } from "./config.ts";
import type { GatewayDerived } from "./derived/start.ts";
import type { GatewayJournal } from "./journal/start.ts";
import type { RunningLane } from "./lane/start.ts";
import type { GatewayLedger } from "./ledger.ts";
import type { Log } from "./log.ts";
import type { GatewaySink } from "./sinks/start.ts";

/** Everything a gateway consists of, as far as it has come. */
export interface Parts {
  readonly lanes: RunningLane[];
  derived: GatewayDerived | null;
  journal: GatewayJournal | null;
  readonly sinks: GatewaySink[];
  readonly compat: GatewayCompat[];
  ledger: GatewayLedger | null;
  ops: OpsServer | null;
  readonly lock: { close(): void } | null;
}

/** A part that is ended by force gets so many ms, when the time is over already. */
const LEAST_MS = 100;

/**
 * Stops in the order of the events' way: lanes, so that nothing new comes; what is made of them; the journal, which copies the rest; the sinks,
 * which write up to the lanes' ends; the ledger; the servers. Resolves with a line for each part that had something left, and tells
 * it to `log`.
 */
export async function stopParts(
  { lanes, derived, journal, sinks, compat, ledger, ops, lock }: Parts,
  config: Config,
  log: Log | null,
  force: Promise<unknown>,
): Promise<readonly string[]> {
  const end = performance.now() + config.shutdown_ms;
  const time = (): number => Math.max(LEAST_MS, end - performance.now());
  await Promise.all(lanes.map((lane) => lane.stop(force)));
  const emptied = Promise.all(compat.map((part) => part.stop(time(), force)));
  await derived?.stop(force);
  const written = derived === null ? lanes : [...lanes, derived];
  const heads = new Map(written.map(({ name, region }) => [name, region.head]));
  const copied = (await journal?.stop(time(), force)) ?? null;
  const left: string[] = [];
  if (journal !== null && copied === null)
    left.push("journal: did not end in order, what it had not copied is in the ring only");
  // A journal that was killed while it ended has told less than it was asked for.
  for (const [lane, copiedTo] of copied ?? [])
    if (copiedTo < heads.get(lane)!)
      left.push(`journal: ${heads.get(lane)! - copiedTo} slots of lane ${lane}, which are in the ring only`);
  await Promise.all(
    sinks.map(async (sink) => {
      const slots = await sink.stop(heads, time(), force);
      for (const [lane, count] of slots) left.push(`sink ${sink.name}: ${count} slots of lane ${lane}`);
    }),
  );
  await emptied;
  for (const line of left) log?.error("left when it was stopped", { left: line });
  await ledger?.stop();
  await ops?.close();
  lock?.close();
  return left;
}
