import type { Environment } from "../config/env.ts";
import type { ConfigInput } from "../config/schema.ts";

/** What a preset makes of another system's configuration. */
export interface Translation {
  /** Ours, as a file of ours would say it. */
  readonly config: ConfigInput;
  /** Secrets that stood in theirs: values by the names of variables that `config` names them by. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What of theirs means nothing here, or something else: lines for people. */
  readonly notes: readonly string[];
}

/** The job of an earlier system, by that system's own configuration. */
export interface Preset {
  /** Its word on the command line. */
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /**
   * Pure: `input` is what their file holds (an empty table where none was given), `env` their variables, `origin` opens every
   * fault. Throws ConfigError.
   */
  translate(input: unknown, env: Environment, origin: string): Translation;
}
