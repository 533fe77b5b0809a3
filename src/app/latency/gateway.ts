import type { Config } from "../config.ts";
import { startGateway } from "../gateway.ts";
import { createLog } from "../log.ts";

/**
 * A gateway as a process of its own, for `feedhorn load`: its first message is the configuration, its answer "running"
 * or the reason why not. It ends when its parent does.
 */
process.once("message", (config: Config) => void run(config));
const released = new Promise<void>((resolve) => process.once("disconnect", () => resolve()));
// The terminal sends Ctrl-C to parent and child alike; the parent decides.
process.on("SIGINT", () => undefined);

async function run(config: Config): Promise<void> {
  try {
    const gateway = await startGateway(config, createLog({ level: config.log.level }));
    // Whoever is told lets go of us, and that ends the rest.
    void gateway.failed.then((reason) => tell({ reason }));
    tell("running");
    await released;
    await gateway.stop();
  } catch (error) {
    process.exitCode = 1;
    tell({ reason: error instanceof Error ? error.message : String(error) });
  }
  if (process.connected) process.disconnect();
}

/** Nobody may be there any more to hear it. */
function tell(what: string | { readonly reason: string }): void {
  if (process.connected) process.send!(what, () => undefined);
}
