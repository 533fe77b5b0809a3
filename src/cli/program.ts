import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";

/** What a command file registers itself on; only this file knows the library behind it. */
export type Program = Command;

/** A command's arguments make no sense together; the message says what was expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes: done; the command failed; it was called wrongly. */
export const EXIT = { OK: 0, FAILED: 1, USAGE: 2 } as const;

export function createProgram(registrations: readonly ((program: Program) => void)[]): Program {
  const program = new Command("feedhorn")
    .description(
      "A self-hosted market-data gateway between crypto venues and the programs that trade on them.",
    )
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError()
    .showHelpAfterError("(feedhorn --help lists the commands)")
    .exitOverride();
  for (const register of registrations) register(program);
  return program;
}

/** Runs one command line (without node and script) to its end and returns the exit code; faults go to stderr. */
export async function runProgram(program: Program, args: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.OK;
  } catch (error) {
    return exitCode(error);
  }
}

/** The library prints its own errors before throwing them. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  process.stderr.write(`${faultText(error)}\n`);
  return error instanceof UsageError ? EXIT.USAGE : EXIT.FAILED;
}

/** Expected errors in their own words; a slip of ours with its stack. */
function faultText(error: unknown): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  const slip = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return `error: ${slip ? error.stack : error.message}`;
}

/** package.json stands two folders up from src/cli and from dist/cli alike. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
