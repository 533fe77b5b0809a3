import { join } from "node:path";
import { KIND_NAMES } from "../../model/index.ts";
import type { VenueId } from "../../model/index.ts";
import { sinkOf } from "../../sinks/index.ts";
import type { Delivery } from "../../sinks/index.ts";
import { VENUES } from "../../venues/index.ts";
import { millis, z } from "./zod.ts";

/** What each sink may be told, by its type. */

const VENUE_IDS = VENUES.map(({ id }) => id) as [VenueId, ...VenueId[]];
const KINDS = KIND_NAMES.slice(1) as [string, ...string[]];
const MIB = 1 << 20;

/** Keys that every sink has. */
const ofAll = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "expected a lower-case letter, then up to 31 of a-z 0-9 _ -")
    .optional()
    .describe("Name of the sink, unique; unset: its type. Its cursor goes by it"),
  lanes: z.array(z.string()).min(1).optional().describe("Lanes it gets; unset: all"),
  venues: z.array(z.enum(VENUE_IDS)).min(1).optional().describe("Venues it gets; unset: all"),
  kinds: z.array(z.enum(KINDS)).min(1).optional().describe("Kinds of events it gets; unset: all it takes"),
  delivery: z
    .enum(["lossless", "lapped", "latest"])
    .optional()
    .describe("lossless, lapped or latest, where less than what the type promises is wanted"),
  flush_ms: millis(10, 3_600_000)
    .optional()
    .describe("Longest time between two flushes; unset: the type's own"),
  batch_slots: z
    .int()
    .min(64)
    .max(1 << 20)
    .default(65_536)
    .describe("Slots handed over at a time, at most; one larger event is handed over whole"),
};

const Ndjson = z.strictObject({
  type: z.literal("ndjson").describe("Files of one JSON line an event"),
  ...ofAll,
  dir: z.string().min(1).optional().describe("Folder; unset: <data.dir>/<name>"),
  file_bytes: z
    .int()
    .min(4096)
    .max(2 ** 30)
    .default(64 * MIB)
    .describe("Size at which a file ends"),
  max_bytes: z
    .int()
    .min(8192)
    .max(2 ** 50)
    .default(4096 * MIB)
    .describe("Bytes of one lane's files; then the oldest goes"),
});

const Parquet = z.strictObject({
  type: z.literal("parquet").describe("The lake: files of Parquet by kind, day and hour"),
  ...ofAll,
  dir: z
    .string()
    .min(1)
    .optional()
    .describe("Folder; unset: <data.dir>/lake, of md-ingest <data.dir>/<name>"),
  layout: z
    .enum(["lake", "md-ingest"])
    .default("lake")
    .describe("lake: typed columns, a table per kind; md-ingest: five columns with the event as JSON"),
  buffer_bytes: z
    .int()
    .min(4 * MIB)
    .max(1024 * MIB)
    .default(64 * MIB)
    .describe("Memory that rows are held in; then they are written before flush_ms is over"),
  compact: z.boolean().default(true).describe("Whether small files of hours that are over are made one"),
  keep_days: z.int().min(0).max(36_500).default(0).describe("Days that are kept, 0 = all"),
});

/** One member a type; the word after it in docs/config.md. */
const TYPES = [Ndjson, Parquet] as const;

export const Sinks = z
  .array(z.discriminatedUnion("type", TYPES))
  .max(32)
  .optional()
  .describe(
    "Where events are written to, each in a process of its own; unset: the lake, where there is a data.dir",
  );

type ParsedSink = NonNullable<z.output<typeof Sinks>>[number];

/** A sink with its name, and its folder where there is one. */
export type SinkConfig = ParsedSink & { readonly name: string };
export type SinkInput = z.input<(typeof TYPES)[number]>;

/** Names filled in; `data`: the data folder, whose lake is what is written unless something else is said. */
export function namedSinks(sinks: readonly ParsedSink[] | undefined, data: string | undefined): SinkConfig[] {
  const said = sinks ?? (data === undefined ? [] : [Parquet.parse({ type: "parquet", name: "lake" })]);
  return said.map((sink) => {
    const name = sink.name ?? sink.type;
    const folder = sink.type === "parquet" && sink.layout === "lake" ? "lake" : name;
    const dir = sink.dir ?? (data === undefined ? undefined : join(data, folder));
    return { ...sink, name, ...(dir === undefined ? {} : { dir }) };
  });
}

/** What a sink is promised: what it asks for, or what its type does. */
export function deliveryOf(sink: Pick<SinkConfig, "type" | "delivery">): Delivery {
  return sink.delivery ?? sinkOf(sink.type).delivery;
}

/** What cannot be, one line a fault. `lanes`: those that have names. */
export function sinkFaults(sinks: readonly SinkConfig[], lanes: readonly string[]): string[] {
  const names = sinks.map(({ name }) => name);
  const dirs = sinks.map(({ dir }) => dir);
  return sinks.flatMap((sink, i) => [
    ...(names.indexOf(sink.name) < i
      ? [`sinks[${i}].name: expected a name of its own, saw "${sink.name}" again`]
      : []),
    ...(sink.dir === undefined ? [`sinks[${i}].dir: missing; expected a folder (or data.dir)`] : []),
    ...(sink.dir !== undefined && dirs.indexOf(sink.dir) < i
      ? [
          `sinks[${i}].dir: expected a folder of its own, saw that of ${names[dirs.indexOf(sink.dir)]}: ${sink.dir}`,
        ]
      : []),
    ...(sink.lanes ?? []).flatMap((lane, k) =>
      lanes.includes(lane)
        ? []
        : [`sinks[${i}].lanes[${k}]: expected one of ${lanes.join(", ")}, saw "${lane}"`],
    ),
  ]);
}
