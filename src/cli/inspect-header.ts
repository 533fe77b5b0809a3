import { CLAIM_WORD, EPOCH_WORD, HEAD_WORD, HEADER, loadSequence } from "../log/index.ts";
import { processAlive } from "../store/index.ts";
import type { RegionHandle } from "../store/index.ts";
import { fieldsOf } from "./inspect-record.ts";
import { agoText, bytesText, textList, timeText } from "./text-table.ts";

/** A region's header and what follows from it; times in UNIX us (0 = never), sequences as text. */
export interface HeaderReport {
  readonly path: string | null;
  readonly lane: string;
  readonly bytes: number;
  readonly layout: { readonly version: number; readonly hash: string };
  readonly created: number;
  readonly writer: {
    readonly pid: number;
    readonly alive: boolean;
    readonly epoch: number;
    readonly started: number;
    readonly heartbeat: number;
  };
  readonly ring: {
    readonly slots: number;
    readonly head: string;
    readonly claim: string;
    /** First slot that is surely still there. */
    readonly oldest: string;
  };
  /** Rows of every table; of the instruments also how many are in use. */
  readonly tables: Readonly<Record<string, number>>;
  readonly instruments: number;
}

export function headerOf({ region, buffer, path }: RegionHandle): HeaderReport {
  const bytes = {
    i32: region.control,
    f64: new Float64Array(buffer, 0, 512),
    u8: new Uint8Array(buffer, 0, 4096),
  };
  const field = fieldsOf(HEADER, bytes, 0);
  const us = (name: string): number => Number(BigInt(field[name]!) / 1000n);
  const [head, claim] = [HEAD_WORD, CLAIM_WORD].map((word) => loadSequence(region.control, word)) as [
    number,
    number,
  ];
  const { slots, ...tables } = region.geometry;
  return {
    path,
    lane: region.lane,
    bytes: buffer.byteLength,
    layout: {
      version: Number(field["version"]),
      hash: `0x${Number(field["hash"]).toString(16).padStart(8, "0")}`,
    },
    created: us("created"),
    writer: {
      pid: region.writerPid,
      alive: region.writerPid !== 0 && processAlive(region.writerPid),
      epoch: region.control[EPOCH_WORD]! >>> 0,
      started: us("started"),
      heartbeat: us("heartbeat"),
    },
    ring: { slots, head: String(head), claim: String(claim), oldest: String(Math.max(0, claim - slots)) },
    tables,
    instruments: Number(field["instrument_count"]),
  };
}

export function headerText(report: HeaderReport, now: number): string {
  const { writer, ring, tables, layout } = report;
  const when = (us: number): string => (us === 0 ? "never" : `${timeText(us)} (${agoText(us, now)})`);
  const writing =
    writer.pid === 0
      ? "none yet"
      : `process ${writer.pid}, ${writer.alive ? "alive" : "gone"}, epoch ${writer.epoch}`;
  return textList([
    ["region", `${report.path ?? "in this process"}, ${bytesText(report.bytes)}`],
    ["lane", report.lane],
    ["layout", `version ${layout.version}, hash ${layout.hash}`],
    ["created", when(report.created)],
    ["writer", writing],
    ["started", when(writer.started)],
    ["heartbeat", when(writer.heartbeat)],
    ["ring", `${ring.slots} slots, head ${ring.head}, claim ${ring.claim}, oldest ${ring.oldest}`],
    [
      "tables",
      Object.entries(tables)
        .map(([name, rows]) => `${name} ${rows}`)
        .join(", "),
    ],
    ["in use", `${report.instruments} instruments`],
  ]);
}
