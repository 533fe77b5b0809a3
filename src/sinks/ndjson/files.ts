import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  unlinkSync,
} from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";

export interface NdjsonFilesOptions {
  /** Size at which a file ends, and bytes of all together. */
  readonly fileBytes: number;
  readonly maxBytes: number;
  /** Told of an end that was no whole line. */
  cut(file: string, bytes: number): void;
}

const NAME = /^\d{16}\.ndjson$/;
const NEWLINE = 0x0a;
const PLACE = /^\{"lane":"[^"]*","log_seq":(\d{1,16}),"slots":(\d{1,16}),.*\}$/s;

/** Lines of one lane in files that follow each other. Throws what the file system throws; a new one goes on from what is there then. */
export class NdjsonFiles {
  readonly #folder: string;
  readonly #options: NdjsonFilesOptions;
  /** Sequence behind the last line; null while there is none. */
  next: number | null = null;
  #handle: FileHandle | null = null;
  #size = 0;
  #dirty = false;

  constructor(folder: string, options: NdjsonFilesOptions) {
    this.#folder = folder;
    this.#options = options;
    mkdirSync(folder, { recursive: true });
    for (const name of this.#names().toReversed()) if (this.#recover(join(folder, name))) break;
  }

  /** Appends lines that tell of the slots from `first` to before `end`. */
  async append(first: number, end: number, lines: string): Promise<void> {
    if (lines !== "") await this.#write(first, Buffer.from(lines));
    this.next = end;
  }

  /** Everything appended is on the disk when it resolves. */
  async sync(): Promise<void> {
    if (this.#dirty) await this.#handle?.datasync();
    this.#dirty = false;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  #names(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => NAME.test(name))
      .toSorted();
  }

  /** Cuts what is no whole line; true when there is a line to go on behind. */
  #recover(file: string): boolean {
    const bytes = readFileSync(file);
    let whole = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, whole)) {
      const place = PLACE.exec(bytes.toString("utf8", whole, end));
      if (place === null) break;
      this.next = Number(place[1]) + Number(place[2]);
      whole = end + 1;
    }
    if (whole < bytes.length) this.#options.cut(file, bytes.length - whole);
    if (whole === 0) unlinkSync(file);
    else if (whole < bytes.length) truncateSync(file, whole);
    return whole > 0;
  }

  async #write(first: number, bytes: Buffer): Promise<void> {
    if (this.#handle === null || this.#size >= this.#options.fileBytes) await this.#begin(first);
    const handle = this.#handle!;
    for (let done = 0; done < bytes.length;)
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
    this.#size += bytes.length;
    this.#dirty = true;
  }

  /** Goes on in the last file while there is room, else in a new one. */
  async #begin(first: number): Promise<void> {
    await this.sync();
    await this.close();
    const last = this.#names().at(-1);
    const size = last === undefined ? Infinity : statSync(join(this.#folder, last)).size;
    const fresh = size >= this.#options.fileBytes;
    const name = fresh ? `${String(first).padStart(16, "0")}.ndjson` : last!;
    this.#handle = await open(join(this.#folder, name), "a", 0o644);
    this.#size = fresh ? 0 : size;
    if (!fresh) return;
    this.#syncFolder();
    this.#forget();
  }

  /** So that the name of a new file survives the loss of power as well. */
  #syncFolder(): void {
    const folder = openSync(this.#folder, "r");
    fsyncSync(folder);
    closeSync(folder);
  }

  /** Removes the oldest files while all together are too large, never the one that is written. */
  #forget(): void {
    const names = this.#names();
    const sizes = names.map((name) => statSync(join(this.#folder, name)).size);
    let total = sizes.reduce((sum, size) => sum + size, 0);
    const room = this.#options.maxBytes - this.#options.fileBytes;
    for (let i = 0; i < names.length - 1 && total > room; i++) {
      unlinkSync(join(this.#folder, names[i]!));
      total -= sizes[i]!;
    }
  }
}
