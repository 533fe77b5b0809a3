import type { Config } from "../app/config.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";

/** `run CONFIG`: the gateway on live venues. */
export function register(program: Program): void {
  program
    .command("run")
    .description("run the gateway as a configuration file says (live venues)")
    .argument("<config>", "configuration file (.yaml, .toml, .json); docs/config.md")
    .addHelpText(
      "after",
      "\nExamples:\n  feedhorn run feedhorn.yaml\n  feedhorn config feedhorn.yaml   (checks the file only)\n",
    )
    .action(run);
}

async function run(file: string): Promise<void> {
  await runGateway(file);
}

/** Runs a gateway until it is told to stop; `adapt` changes what the file says. */
export async function runGateway(
  file: string,
  adapt: (config: Config) => Config = (same) => same,
): Promise<void> {
  const signal = stopSignal({ patient: true });
  const { readConfig } = await import("../app/config.ts");
  const { startGateway } = await import("../app/gateway.ts");
  const { createLog } = await import("../app/log.ts");
  const config = adapt(readConfig(file));
  const log = createLog({ level: config.log.level });
  const gateway = await startGateway(config, log);
  const failure = await Promise.race([signal.seen.then(() => null), gateway.failed]);
  log.info("stopping", { reason: failure ?? "signal" });
  const left = await gateway.stop(signal.again);
  if (failure !== null) throw new Error(failure);
  if (left.length > 0) throw new Error(`stopped before everything was written: ${left.join("; ")}`);
}
