import type { ScannerChoice } from "../app/scanner.ts";
import { UsageError } from "./program.ts";

const CHOICES: readonly ScannerChoice[] = ["auto", "wasm", "js"];

/** What `--scanner` may be, for help. */
export const SCANNER_HELP = "auto, wasm or js: what reads the frames before the parsers do";

/** The choice as it was typed. Throws UsageError for another word. */
export function scannerOf(text: string): ScannerChoice {
  const choice = CHOICES.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--scanner: expected ${CHOICES.join(", ")}, saw ${JSON.stringify(text)}`);
}
