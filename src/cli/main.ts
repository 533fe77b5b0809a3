#!/usr/bin/env node
import { COMMANDS } from "./commands.ts";
import { createProgram, runProgram } from "./program.ts";

const EXAMPLES = `
Examples:
  feedhorn config gateway.yaml     check a configuration and print it with every default
  feedhorn config --schema         print the JSON schema for your editor
  feedhorn testdata                write the two memory-mapped test files
  feedhorn reader                  print what they hold

feedhorn <command> --help explains one command.`;

/** The reader of our output may leave at any time (feedhorn reader | head): that is no fault. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}

process.stdout.on("error", leaveQuietly);
process.exitCode = await runProgram(
  createProgram(COMMANDS).addHelpText("after", EXAMPLES),
  process.argv.slice(2),
);
