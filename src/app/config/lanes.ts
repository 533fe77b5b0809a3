import { defaultDir } from "../../store/index.ts";
import { readEnvironment } from "./env.ts";
import type { Environment } from "./env.ts";

/** Directory of the lanes' regions for tools that have no configuration file: FEEDHORN_DIR, or the system's default. */
export function lanesDir(env: Environment = process.env): string {
  return readEnvironment(env).dir ?? defaultDir();
}
