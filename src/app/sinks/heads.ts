import { existsSync } from "node:fs";
import { openRegion, stillThere } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";

/** How far lanes are while nobody reads them, because a vendor is away: what waits for it is known all the same. */
export class Heads {
  readonly #lanes: readonly { readonly name: string; readonly path: string | null }[];
  readonly #open = new Map<string, RegionHandle>();

  constructor(lanes: readonly { readonly name: string; readonly path: string | null }[]) {
    this.#lanes = lanes;
  }

  /** Slots committed, by lane; without the lanes whose memory is not there. */
  now(): Map<string, number> {
    const heads = this.#lanes.flatMap(({ name, path }): [string, number][] => {
      const handle = path === null ? null : this.#handle(path);
      return handle === null ? [] : [[name, handle.region.head]];
    });
    return new Map(heads);
  }

  #handle(path: string): RegionHandle | null {
    const known = this.#open.get(path);
    if (known !== undefined && stillThere(known)) return known;
    this.#open.delete(path);
    try {
      if (!existsSync(path)) return null;
      const handle = openRegion(path);
      this.#open.set(path, handle);
      return handle;
    } catch {
      return null; // whoever opens it to read from it says why it cannot be
    }
  }
}
