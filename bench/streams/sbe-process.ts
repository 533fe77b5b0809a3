import { widenInlining } from "../../src/app/compiler.ts";
import { serve } from "./sbe-rows.ts";
import type { Order } from "./sbe-rows.ts";

// As in a lane's thread.
widenInlining();

/** A process that times the rows of one order and ends. */
process.once("message", (order: Order) => {
  serve(order, (row) => process.send?.(row)).then(
    () => process.disconnect(),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
