import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";

const FILLER = "filler";
const PIECE = Buffer.alloc(1 << 16);
const AGAIN_MS = 20;

/** A file system of 64 MB of its own. Only root may make one: null where it cannot be. */
export class SmallDisk {
  readonly path: string;
  #timer: NodeJS.Timeout | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  static mount(path: string): SmallDisk | null {
    fs.mkdirSync(path, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", path], { stdio: "ignore" });
    } catch {
      return null;
    }
    return new SmallDisk(path);
  }

  /** Somebody else takes all the room there is, and all that becomes free, until `free`. */
  fill(): void {
    const fd = fs.openSync(join(this.path, FILLER), "a");
    const take = (): void => {
      try {
        for (;;) fs.writeSync(fd, PIECE);
      } catch {
        // full
      }
    };
    take();
    this.#timer = setInterval(take, AGAIN_MS);
    this.#timer.ref();
    this.#close = () => fs.closeSync(fd);
  }

  #close: () => void = () => undefined;

  free(): void {
    clearInterval(this.#timer);
    this.#close();
    this.#close = () => undefined;
    fs.rmSync(join(this.path, FILLER), { force: true });
  }

  unmount(): void {
    this.free();
    execFileSync("umount", ["-l", this.path]);
  }
}
