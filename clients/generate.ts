import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { cHeader } from "./c-header.ts";
import { lakePage } from "./lake-page.ts";
import { layoutPage } from "./layout-page.ts";
import { pythonModule } from "./python-module.ts";

/** Everything that is made from the tables of the log and of the lake, by path from the top of the repository. */
export function generated(): Record<string, string> {
  return {
    "clients/c/feedhorn.h": cHeader(),
    "clients/python/feedhorn_layout.py": pythonModule(),
    "docs/layout.md": layoutPage(),
    "docs/lake-columns.md": lakePage(),
  };
}

export const TOP = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(generated())) {
    fs.mkdirSync(path.dirname(path.join(TOP, file)), { recursive: true });
    fs.writeFileSync(path.join(TOP, file), text);
    console.log(`wrote ${file}`);
  }
}
