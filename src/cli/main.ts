#!/usr/bin/env node
import { COMMANDS } from "./commands.ts";
import { createProgram, runProgram } from "./program.ts";

const EXAMPLES = `
Examples:
  feedhorn demo                                  the gateway on a simulated market, live on screen
  feedhorn run gateway.yaml                      the gateway on live venues
  feedhorn tail main --type trade                follow the trades of a running lane
  feedhorn normalize --venue kraken < frames     recorded frames to normalized events
  feedhorn simulate --faults 20                  a market for your own bot, with faults
  feedhorn query "SELECT * FROM bars_1m"         ask what was written to disk, with SQL
  feedhorn config gateway.yaml                   check a configuration and print it with every default

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
