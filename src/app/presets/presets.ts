import { b25 } from "./b25.ts";
import { geminiSolusd } from "./gemini-solusd.ts";
import { mdIngest } from "./md-ingest.ts";
import type { Preset } from "./preset.ts";

/** Every preset there is: a line each. */
export const PRESETS: readonly Preset[] = [geminiSolusd, b25, mdIngest];
