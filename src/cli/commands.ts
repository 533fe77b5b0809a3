import { register as config } from "./config.ts";
import type { Program } from "./program.ts";
import { register as reader } from "./reader.ts";
import { register as testdata } from "./testdata.ts";

/** In the order of --help. A command file describes itself at once and imports what it needs when it runs. */
export const COMMANDS: readonly ((program: Program) => void)[] = [config, testdata, reader];
