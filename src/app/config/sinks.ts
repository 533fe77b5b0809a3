import { join } from "node:path";
import { sinkOf } from "../../sinks/index.ts";
import type { Delivery } from "../../sinks/index.ts";
import { SINK_TYPES } from "./sinks/list.ts";
import { Parquet } from "./sinks/parquet.ts";
import { z } from "./zod.ts";

/** Sinks that write into a folder. */
const FOLDERS: ReadonlySet<string> = new Set(["ndjson", "parquet"]);

export const Sinks = z
  .array(z.discriminatedUnion("type", SINK_TYPES))
  .max(32)
  .optional()
  .describe(
    "Where events are written to, each in a process of its own; unset: the lake, where there is a data.dir",
  );

type ParsedSink = NonNullable<z.output<typeof Sinks>>[number];

/** A sink with its name, and its folder where there is one. */
export type SinkConfig = ParsedSink & { readonly name: string; readonly dir?: string };
export type SinkInput = z.input<(typeof SINK_TYPES)[number]>;

/** Names filled in; `data`: the data folder, whose lake is what is written unless something else is said. */
export function namedSinks(sinks: readonly ParsedSink[] | undefined, data: string | undefined): SinkConfig[] {
  const said = sinks ?? (data === undefined ? [] : [Parquet.parse({ type: "parquet", name: "lake" })]);
  return said.map((one) => {
    const sink = { ...one, name: one.name ?? one.type };
    if (!isFolder(sink)) return sink;
    const folder = sink.type === "parquet" && sink.layout === "lake" ? "lake" : sink.name;
    const dir = sink.dir ?? (data === undefined ? undefined : join(data, folder));
    return { ...sink, ...(dir === undefined ? {} : { dir }) };
  });
}

type FolderSink = Extract<ParsedSink, { type: "ndjson" | "parquet" }>;

function isFolder<Some extends ParsedSink>(sink: Some): sink is Some & FolderSink {
  return FOLDERS.has(sink.type);
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
    ...(isFolder(sink) && sink.dir === undefined
      ? [`sinks[${i}].dir: missing; expected a folder (or data.dir)`]
      : []),
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
