import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SinkHost } from "../sink.ts";

/**
 * What a sink remembers about its vendor, as one JSON value in `<data>/sinks/<name>.json`: replaced whole, and safe on the disk when `write`
 * returns. Without a data folder it is remembered for as long as the process lives.
 */
export class Kept<Value extends object> {
  readonly path: string | null;
  readonly #type: string;
  #text: string | null = null;

  /** `type`: of the sink; what one of another type has left under this name is not read. */
  constructor(type: string, host: Pick<SinkHost, "name" | "data">) {
    this.#type = type;
    this.path = host.data === null ? null : join(host.data, "sinks", `${host.name}.json`);
    if (this.path !== null) mkdirSync(dirname(this.path), { recursive: true });
  }

  /** Null when there is none yet. A file that cannot be read is an error: to begin anew could repeat what was written. */
  read(): Value | null {
    if (this.path === null) return null;
    const text = readIfThere(this.path);
    if (text === null) return null;
    try {
      const said = JSON.parse(text) as { readonly type?: unknown; readonly value?: Value } | null;
      if (typeof said === "object" && said?.value !== undefined)
        return said.type === this.#type ? said.value : null;
    } catch {
      // said below
    }
    throw new Error(
      `expected JSON in ${this.path}, saw something else; move it away to begin behind what the vendor holds`,
    );
  }

  write(value: Value): void {
    if (this.path === null) return;
    const text = JSON.stringify({ type: this.#type, value });
    if (text === this.#text) return;
    const next = `${this.path}.next`;
    writeSafely(next, text);
    renameSync(next, this.path);
    syncFolder(dirname(this.path));
    this.#text = text;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function writeSafely(path: string, text: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The name is safe as well then. Not every system lets a folder be opened. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
