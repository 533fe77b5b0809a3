import { ConfigError } from "./error.ts";
import { nearest } from "./nearest.ts";
import { LOG_LEVEL_NAMES } from "./schema.ts";
import type { LogLevel } from "./schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of a file that the environment may replace. Empty variables count as unset. */
export interface EnvironmentSettings {
  readonly dir?: string;
  readonly opsPort?: number;
  readonly logLevel?: LogLevel;
}

export function readEnvironment(env: Environment): EnvironmentSettings {
  const dir = env["FEEDHORN_DIR"];
  const port = env["FEEDHORN_OPS_PORT"];
  const level = env["FEEDHORN_LOG_LEVEL"];
  return {
    ...(dir ? { dir } : {}),
    ...(port ? { opsPort: portOf(port) } : {}),
    ...(level ? { logLevel: levelOf(level) } : {}),
  };
}

/** Port of the gateway's operations server, unless the command line or a configuration says otherwise. */
export function opsPort(env: Environment = process.env): number {
  return readEnvironment(env).opsPort ?? 9090;
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new ConfigError([
    `environment: FEEDHORN_OPS_PORT: expected a port from 0 to 65535, saw ${JSON.stringify(text)}`,
  ]);
}

function levelOf(text: string): LogLevel {
  if (LOG_LEVEL_NAMES.includes(text)) return text as LogLevel;
  const meant = nearest(text, LOG_LEVEL_NAMES);
  const hint = meant ? `; did you mean ${meant}?` : "";
  throw new ConfigError([
    `environment: FEEDHORN_LOG_LEVEL: expected one of ${LOG_LEVEL_NAMES.join(", ")}, saw ${JSON.stringify(text)}${hint}`,
  ]);
}

/** Where the two compat files are, unless the command line says otherwise. */
export function compatPaths(env: Environment = process.env): { book: string; top: string } {
  return {
    book: env["OB_MMAP"] || "/dev/shm/solusd_order_book.mmap",
    top: env["TOB_MMAP"] || "/dev/shm/solusd_top_of_book.mmap",
  };
}

/** The environment for a process of ours, without variables that hold what it need not know. */
export function environmentWithout(
  names: readonly string[],
  env: Environment = process.env,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !names.includes(pair[0]),
    ),
  );
}
