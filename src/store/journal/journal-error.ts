/**
 * - foreign, version, layout, damaged: what a file is instead of a segment that can be read
 * - sequence: the region does not go on where the journal ends
 * - system: what the file system said
 */
export type JournalErrorCode = "foreign" | "version" | "layout" | "damaged" | "sequence" | "system";

/** Why a journal cannot be used, in one line: path, expected, seen, what to do. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;
  readonly path: string;

  constructor(code: JournalErrorCode, path: string, message: string) {
    super(`journal ${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}
