import { widenInlining } from "../../src/app/compiler.ts";
import { serve } from "./scanner-rows.ts";

// As in a lane's thread. The baseline is timed in the same process and may gain from it, too.
widenInlining();

/** A process that times the scanner's rows of one order and ends. */
process.once("message", (order: Parameters<typeof serve>[0]) => {
  serve(order, (row) => process.send?.(row)).then(
    () => process.disconnect(),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
