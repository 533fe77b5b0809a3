import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Preset } from "../presets/preset.ts";
import { PRESETS } from "../presets/presets.ts";
import { checkConfig } from "../config.ts";
import type { Config } from "../config.ts";
import { ConfigError } from "./error.ts";
import { readConfigFile } from "./file.ts";
import { nearest } from "./nearest.ts";

/** A configuration made of another system's, and what is to be said of that. */
export interface PresetConfig {
  readonly config: Config;
  readonly notes: readonly string[];
}

/**
 * The preset `name` with that system's own file and variables. Secrets that stood in them are kept in variables of this process, as those
 * of a configuration of ours are. Throws ConfigError.
 */
export function readPreset(
  name: string,
  file: string | undefined,
  env: Record<string, string | undefined> = process.env,
): PresetConfig {
  const origin = file ?? `preset ${name}`;
  const input = file === undefined ? undefined : readTheirs(file);
  const { config, secrets, notes } = presetOf(name).translate(input, env, origin);
  for (const [variable, value] of Object.entries(secrets)) env[variable] ??= value;
  return { config: checkConfig(config, origin, env), notes };
}

function presetOf(name: string): Preset {
  const preset = PRESETS.find((one) => one.name === name);
  if (preset !== undefined) return preset;
  const names = PRESETS.map((one) => one.name);
  const meant = nearest(name, names);
  throw new ConfigError([
    `--preset: expected one of ${names.join(", ")}, saw "${name}"${meant ? `; did you mean ${meant}?` : ""}`,
  ]);
}

/** YAML, TOML, JSON; or a file of variables (.env). */
function readTheirs(file: string): unknown {
  if (!/(^|\/|\.)env$/.test(file)) return readConfigFile(file);
  try {
    return { ...parseEnv(readFileSync(file, "utf8")) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${file}: ${code === "ENOENT" ? "no such file" : message}`], { cause: error });
  }
}
