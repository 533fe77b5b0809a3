import { DepthReader, TopReader, VenueReader } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import type { SinkTables } from "../../sinks/index.ts";
import type { RegionHandle } from "../../store/index.ts";

/** The tables of regions as sinks see them: those of one region are opened once. */
export class Tables {
  readonly #known = new WeakMap<RegionHandle, SinkTables>();

  of(handle: RegionHandle | null): SinkTables | null {
    if (handle === null) return null;
    const known = this.#known.get(handle);
    if (known !== undefined) return known;
    const tables = tablesOf(handle);
    this.#known.set(handle, tables);
    return tables;
  }
}

function tablesOf({ region }: RegionHandle): SinkTables {
  const depths = new DepthReader(region.depth);
  const tops = new TopReader(region.top);
  const venues = new VenueReader(region.venues);
  return {
    session: String(toMicros(region.created.hi, region.created.lo)),
    depth: (instrument) => depths.read(instrument),
    top: (instrument) => tops.read(instrument),
    venues: () => venues.all(),
  };
}
