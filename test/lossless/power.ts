import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";

/** Loss of power, as far as files go. What is written and not fsynced may be there or not, folders and lengths alike. */

/** Compiles power.c; what a process needs in its environment to be watched, and where the watcher writes. */
export class Power {
  readonly env: NodeJS.ProcessEnv;
  readonly #log: string;
  readonly #grave: string;

  constructor(folder: string) {
    const library = join(folder, "power.so");
    this.#log = join(folder, "power.log");
    this.#grave = join(folder, "power.grave");
    fs.mkdirSync(this.#grave);
    const source = join(import.meta.dirname, "power.c");
    execFileSync("cc", ["-O1", "-Wall", "-shared", "-fPIC", "-o", library, source, "-ldl"]);
    this.env = { LD_PRELOAD: library, POWER_LOG: this.#log, POWER_GRAVE: this.#grave };
  }

  /**
   * Makes `to` what `from` may be after a loss of power, when no process writes any more. `random` draws for each folder
   * whether what happened to its names since its last fsync is there, and for each file how much of what was written since; without,
   * nothing of all that is.
   */
  leave(from: string, to: string, random: (() => number) | null): void {
    const known = this.#read();
    const files = inodes(from, this.#grave);
    const copy = (folder: string, target: string): void => {
      fs.mkdirSync(target);
      const inode = fs.statSync(folder).ino;
      const safe = known.folders.get(inode) ?? new Map<string, number>();
      const now = listing(folder);
      for (const [name, entry] of random !== null && random() < 0.5 ? now : safe) {
        const file = files.get(entry);
        if (file === undefined) continue; // a folder that is gone
        if (fs.statSync(file).isDirectory()) copy(file, join(target, name));
        else cut(file, join(target, name), known.lengths.get(entry) ?? 0, random);
      }
    };
    copy(from, to);
    this.#settle(to);
  }

  /** What came through a loss of power is on the disk. */
  #settle(folder: string): void {
    const { ino } = fs.statSync(folder);
    const lines = [`D ${ino} ${folder}`];
    for (const name of fs.readdirSync(folder)) {
      const path = join(folder, name);
      const about = fs.statSync(path);
      lines.push(`E ${ino} ${about.ino} ${name}`);
      if (about.isDirectory()) this.#settle(path);
      else lines.push(`S ${about.ino} ${about.size}`);
    }
    fs.appendFileSync(this.#log, `${lines.join("\n")}\n`);
  }

  #read(): { lengths: Map<number, number>; folders: Map<number, Map<string, number>> } {
    const lengths = new Map<number, number>();
    const folders = new Map<number, Map<string, number>>();
    const text = fs.existsSync(this.#log) ? fs.readFileSync(this.#log, "utf8") : "";
    for (const line of text.split("\n")) {
      const [what, inode, more, ...name] = line.split(" ");
      if (what === "S") lengths.set(Number(inode), Number(more));
      else if (what === "D") folders.set(Number(inode), new Map());
      else if (what === "E") folders.get(Number(inode))!.set(name.join(" "), Number(more));
    }
    return { lengths, folders };
  }
}

function listing(folder: string): Map<string, number> {
  return new Map(fs.readdirSync(folder).map((name) => [name, fs.statSync(join(folder, name)).ino]));
}

/** A path for each inode below these folders. */
function inodes(...folders: string[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const folder of folders) {
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = join(folder, name);
      found.set(fs.statSync(path).ino, path);
    }
  }
  return found;
}

/** The safe part of a file, and perhaps some of the rest; what is there of the rest may also be zeros, if its length came before its bytes. */
function cut(from: string, to: string, safe: number, random: (() => number) | null): void {
  const bytes = fs.readFileSync(from);
  if (random === null) return fs.writeFileSync(to, bytes.subarray(0, safe));
  const more = Math.max(0, bytes.length - safe);
  const kept = Math.floor(random() * (more + 1));
  const zeros = random() < 0.3 ? Math.floor(random() * (more - kept + 1)) : 0;
  fs.writeFileSync(to, Buffer.concat([bytes.subarray(0, safe + kept), Buffer.alloc(zeros)]));
}
