import { readFileSync } from "node:fs";

/** The package's version; package.json stands two folders up from src/app and from dist/app alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
