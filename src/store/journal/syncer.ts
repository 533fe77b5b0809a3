import * as fs from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../folder.ts";
import type { SyncedFile } from "./journal-options.ts";
import type { SegmentWriter } from "./segment-writer.ts";

/**
 * Brings what was written to the disk, beside the copying: one round at a time, oldest file first. After a call that failed the
 * system may believe that what was not written is clean, and say yes the next time (fsync(2), "EIO"): such a file is written
 * anew from what can still be read of it, once it is retired.
 */
export class Syncer {
  /** Everything below is on the disk. */
  durable: number;
  rounds = 0;
  /** Why the last round failed; null when it did not. */
  failed: Error | null = null;
  readonly #folder: string;
  readonly #done: (durable: number, files: readonly SyncedFile[]) => void;
  /** Files that are written no more and not yet safe, and whether the folder has changed. */
  #retired: SegmentWriter[] = [];
  #folderChanged = false;
  /** Files of which a call has failed. */
  readonly #doubted = new Set<SegmentWriter>();
  #running: Promise<void> | null = null;

  constructor(
    folder: string,
    durable: number,
    done: (durable: number, files: readonly SyncedFile[]) => void,
  ) {
    this.#folder = folder;
    this.durable = durable;
    this.#done = done;
  }

  get busy(): boolean {
    return this.#running !== null;
  }

  /** A file was made: its name must become safe too. */
  made(): void {
    this.#folderChanged = true;
  }

  /** Nothing more will be written to this file: it is closed when it is safe. */
  retire(file: SegmentWriter): void {
    this.#retired.push(file);
  }

  /** Begins a round for all that is written up to `position`, unless one is under way. */
  begin(current: SegmentWriter | null, position: number): void {
    if (this.#running !== null || (position === this.durable && this.#retired.length === 0)) return;
    this.#running = this.#round(current, position).finally(() => (this.#running = null));
  }

  /** Rounds until everything up to `position` is safe; throws what the disk said. */
  async finish(current: SegmentWriter | null, position: number): Promise<void> {
    await this.#running;
    this.begin(current, position);
    await this.#running;
    if (this.failed !== null) throw this.failed;
  }

  async #secure(file: SegmentWriter, retired: boolean): Promise<void> {
    if (this.#doubted.has(file)) {
      if (!retired) throw this.failed ?? new Error("expected a segment that is written no more");
      return writeAnew(file.path, file.size);
    }
    try {
      await datasync(file.fd);
    } catch (error) {
      this.#doubted.add(file);
      throw error;
    }
  }

  async #round(current: SegmentWriter | null, position: number): Promise<void> {
    const retired = [...this.#retired];
    const files = current === null ? retired : [...retired, current];
    const synced = files.map(({ path, size }) => ({ path, size }));
    const folderChanged = this.#folderChanged;
    this.#folderChanged = false;
    try {
      for (const file of files) await this.#secure(file, retired.includes(file));
      if (folderChanged) syncFolder(this.#folder);
    } catch (error) {
      this.failed = error instanceof Error ? error : new Error(String(error));
      this.#folderChanged ||= folderChanged;
      return;
    }
    this.failed = null;
    this.rounds += 1;
    this.#retired = this.#retired.filter((file) => !retired.includes(file));
    for (const file of retired) {
      file.close();
      this.#doubted.delete(file);
    }
    this.durable = position;
    this.#done(position, synced);
  }
}

/** Whole, beside its place and then over it; `size` bytes of it are whole blocks. */
function writeAnew(file: string, size: number): void {
  const bytes = fs.readFileSync(file).subarray(0, size);
  const beside = `${file}.tmp`;
  fs.writeFileSync(beside, bytes, { flush: true });
  fs.renameSync(beside, file);
  syncFolder(dirname(file));
}

function datasync(fd: number): Promise<void> {
  return new Promise((done, fail) => fs.fdatasync(fd, (error) => (error === null ? done() : fail(error))));
}
