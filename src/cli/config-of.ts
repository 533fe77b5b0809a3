import type { Config } from "../app/config.ts";
import { UsageError } from "./program.ts";

/** How a configuration is named on the command line. */
export interface ConfigOptions {
  /** The job of an earlier system, by its own file and variables. */
  readonly preset?: string;
  /** The file, as some earlier systems have it. */
  readonly config?: string;
}

/** The configuration of a file of ours, or of a preset with that system's own file; `told` gets what is to be said of it. */
export async function configOf(
  file: string | undefined,
  { preset, config: option }: ConfigOptions,
  told: (note: string) => void,
): Promise<Config> {
  if (file !== undefined && option !== undefined)
    throw new UsageError(`expected one configuration file, saw ${file} and ${option}`);
  const path = file ?? option;
  if (preset !== undefined) {
    const { readPreset } = await import("../app/config/preset.ts");
    const { config, notes } = readPreset(preset, path);
    for (const note of notes) told(note);
    return config;
  }
  if (path === undefined) throw new UsageError("expected a configuration file, or --preset");
  const { readConfig } = await import("../app/config.ts");
  return readConfig(path);
}
