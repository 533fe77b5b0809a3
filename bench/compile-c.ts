import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("./c/", import.meta.url));
/** Headers that the programs include. */
const HEADERS = fileURLToPath(new URL("../clients/c/", import.meta.url));
/** Compiled programs and files for them; not kept in version control. */
export const BUILD = fileURLToPath(new URL("./.build/", import.meta.url));

/**
 * Compiles bench/c/NAME.c with `cc -O3` unless that is done already. Returns the program's path, or null (and says
 * so) where there is no C compiler: the rows against C are then left out.
 */
export function compileC(name: string): string | null {
  const source = `${SOURCES}${name}.c`;
  const program = `${BUILD}${name}`;
  mkdirSync(BUILD, { recursive: true });
  const headers = readdirSync(HEADERS).map((header) => HEADERS + header);
  const newest = Math.max(...[source, ...headers].map((file) => statSync(file).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program;
  try {
    execFileSync("cc", ["-O3", "-std=gnu11", "-Wall", "-o", program, source, "-lm"], {
      stdio: ["ignore", "inherit", "pipe"],
    });
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!missing) throw error;
    process.stderr.write(`no C compiler named cc: rows against C are left out\n`);
    return null;
  }
  return program;
}
