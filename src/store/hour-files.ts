import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const HOUR = /^\d{2}\.ndjson$/;
const DAY_US = 86_400_000_000;

/**
 * Text files, one for each hour of UTC: <root>/<date>/<hour>.ndjson. Hours are their starts in UNIX us. Each is written
 * whole: beside its place, to the disk, and only then over the one before, so that who is killed in the middle leaves that.
 */
export class HourFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Folders side by side in one, sorted: roots of several. */
  static roots(dir: string): string[] {
    if (!existsSync(dir)) return [];
    const names = readdirSync(dir, { withFileTypes: true }).filter((one) => one.isDirectory());
    return names.map((one) => one.name).toSorted();
  }

  /** Makes the folder. Throws the system's error when that cannot be. */
  make(): void {
    mkdirSync(this.root, { recursive: true });
  }

  file(hour: number): string {
    const [date, time] = new Date(hour / 1000).toISOString().split("T");
    return join(this.root, date!, `${time!.slice(0, 2)}.ndjson`);
  }

  /** Hours that have a file, the oldest first. */
  hours(): number[] {
    if (!existsSync(this.root)) return [];
    return readdirSync(this.root)
      .filter((day) => DAY.test(day))
      .flatMap((day) =>
        readdirSync(join(this.root, day))
          .filter((name) => HOUR.test(name))
          .map((name) => Date.parse(`${day}T${name.slice(0, 2)}:00:00Z`) * 1000),
      )
      .toSorted((a, b) => a - b);
  }

  read(hour: number): string {
    return readFileSync(this.file(hour), "utf8");
  }

  async write(hour: number, text: string): Promise<void> {
    const file = this.file(hour);
    await mkdir(dirname(file), { recursive: true });
    const beside = `${file}.tmp`;
    const handle = await open(beside, "w");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  }

  /** Removes the files of days that ended before `before` (UNIX us), and nothing else that lies there. */
  async removeBefore(before: number): Promise<void> {
    const days = (await readdir(this.root)).filter((day) => DAY.test(day));
    for (const day of days) {
      if (Date.parse(`${day}T00:00:00Z`) * 1000 + DAY_US > before) continue;
      const names = await readdir(join(this.root, day));
      for (const name of names.filter((one) => HOUR.test(one)))
        await rm(join(this.root, day, name), { force: true });
      if (names.every((name) => HOUR.test(name))) await rmdir(join(this.root, day));
    }
  }
}
