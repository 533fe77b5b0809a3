import type { HeaderProblem } from "../log/index.ts";

/**
 * - missing: no such file, or no directory for it; permission, full: what the system said
 * - busy: another writer holds the region; geometry: it has other sizes than asked for
 * - unsupported: no shared mappings here; the others: see HeaderProblem
 */
export type RegionErrorCode =
  | HeaderProblem["code"]
  | "missing"
  | "permission"
  | "full"
  | "busy"
  | "geometry"
  | "unsupported"
  | "system";

/** Why a region cannot be used, in one line: path, expected, seen, what to do. Nothing was overwritten. */
export class RegionError extends Error {
  override readonly name = "RegionError";
  readonly code: RegionErrorCode;
  readonly path: string;

  constructor(code: RegionErrorCode, path: string, message: string) {
    super(`region ${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}

const SYSTEM: Readonly<Record<string, readonly [RegionErrorCode, string]>> = {
  ENOENT: ["missing", "expected an existing region, saw none; start its writer or check the path"],
  ENOTDIR: ["missing", "expected a directory on the way, saw a file; check the path"],
  EACCES: [
    "permission",
    "expected permission, saw EACCES; change owner or mode, or run as the writer's user",
  ],
  EPERM: ["permission", "expected permission, saw EPERM; change owner or mode, or run as the writer's user"],
  EROFS: ["permission", "expected a writable file system, saw a read-only one; choose another directory"],
  EISDIR: ["foreign", "expected a file, saw a directory; choose another path"],
};

/** A system error as a RegionError. `bytes`, when known, is how much room was needed. */
export function systemError(path: string, error: unknown, bytes = 0): RegionError {
  if (error instanceof RegionError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return new RegionError(
      "full",
      path,
      `expected ${bytes} bytes of room, saw ${code}; free space or ask for fewer slots`,
    );
  const known = SYSTEM[code];
  if (known !== undefined) return new RegionError(known[0], path, known[1]);
  return new RegionError(
    "system",
    path,
    `expected to open it, saw ${error instanceof Error ? error.message : String(error)}`,
  );
}
