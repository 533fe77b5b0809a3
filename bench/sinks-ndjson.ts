import { open } from "node:fs/promises";
import { join } from "node:path";
import { ndjson } from "../src/sinks/ndjson.ts";
import type { VendorBench } from "./sinks-vendor.ts";

/** Characters gathered before a write. */
const CHUNK = 1 << 16;

export const vendor: VendorBench = {
  sink: ndjson,
  cases: [
    {
      name: "native",
      options: ({ dir }) => ({ dir: join(dir, "lines"), max_bytes: 1 << 26, file_bytes: 1 << 25 }),
      plain: async ({ dir }) => {
        const file = await open(join(dir, "plain.ndjson"), "a");
        return {
          write: async (events) => {
            await file.truncate();
            let text = "";
            for (const event of events) {
              text += `${JSON.stringify(event)}\n`;
              if (text.length < CHUNK) continue;
              await file.appendFile(text);
              text = "";
            }
            await file.appendFile(text);
            await file.datasync();
          },
          close: () => file.close(),
        };
      },
    },
  ],
};
