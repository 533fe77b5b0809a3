import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where a lake lies, and what to tell the asker about it. */
export interface LakePlace {
  readonly dir: string;
  readonly note: string | null;
}

/** The lake of a data folder; of none that was named, that of the demo where there is no other. Throws Error. */
export function lakePlace(data: string | undefined): LakePlace {
  const folder = data ?? "data";
  const dir = join(folder, "lake");
  if (existsSync(dir)) return { dir, note: null };
  const demo = join(folder, "demo", "lake");
  if (data === undefined && existsSync(demo))
    return { dir: demo, note: `no ${dir}: this is ${demo}, which the demo wrote` };
  throw new Error(
    `expected a lake in ${dir}, saw none; name the data folder of a gateway with --data, or let one run with data.dir first`,
  );
}
