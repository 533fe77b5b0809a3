import type { Config } from "../app/config.ts";
import { configOf } from "./config-of.ts";
import type { ConfigOptions } from "./config-of.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";

/** `run CONFIG` or `run --preset NAME [THEIR CONFIG]`: the gateway on live venues. */
export function register(program: Program): void {
  program
    .command("run")
    .description("run the gateway as a configuration file says (live venues)")
    .argument("[config]", "configuration file (.yaml, .toml, .json); docs/config.md")
    .option("--preset <name>", "do the job of an earlier system: the file is that system's own; docs/presets")
    .option("-c, --config <file>", "the file, for who is used to name it so")
    .addHelpText(
      "after",
      "\nExamples:\n  feedhorn run feedhorn.yaml\n  feedhorn config feedhorn.yaml   (checks the file only)\n  feedhorn run --preset b25 config.yaml\n",
    )
    .action(run);
}

async function run(file: string | undefined, options: ConfigOptions): Promise<void> {
  await runGateway(file, (same) => same, options);
}

/** Runs a gateway until it is told to stop; `adapt` changes what the file says. */
export async function runGateway(
  file: string | undefined,
  adapt: (config: Config) => Config = (same) => same,
  options: ConfigOptions = {},
): Promise<void> {
  const signal = stopSignal({ patient: true });
  const { startGateway } = await import("../app/gateway.ts");
  const { createLog } = await import("../app/log.ts");
  const notes: string[] = [];
  const config = adapt(await configOf(file, options, (note) => notes.push(note)));
  const log = createLog({ level: config.log.level });
  for (const note of notes) log.warn(note);
  const gateway = await startGateway(config, log);
  const failure = await Promise.race([signal.seen.then(() => null), gateway.failed]);
  log.info("stopping", { reason: failure ?? "signal" });
  const left = await gateway.stop(signal.again);
  if (failure !== null) throw new Error(failure);
  if (left.length > 0) throw new Error(`stopped before everything was written: ${left.join("; ")}`);
}
