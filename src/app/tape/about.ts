import { instrumentOf } from "../../model/index.ts";
import type { Instrument } from "../../model/index.ts";

/** A connection that was open when a segment began. */
export interface OpenConnection {
  readonly conn: number;
  readonly venue: string;
  readonly url: string;
}

/** A row of the instruments table that was there before the lane began. */
export type KnownRow = Instrument & { readonly venueCode: number };

/** What a segment of a tape says in front: what else a lane is made of, so that it can be made again. */
export interface TapeAbout {
  readonly format: "tape/1";
  readonly lane: string;
  /** Version of the software that recorded it. */
  readonly software: string;
  /** Seed of what the lane left to chance. */
  readonly seed: number;
  readonly region: { readonly slots: number; readonly instruments: number };
  /** Sequence of the first slot that the lane could write. */
  readonly first: number;
  /** Bytes of the lane's slab. */
  readonly maxFrame: number;
  /** Of the instruments table before the lane began. */
  readonly rows: readonly KnownRow[];
  /** Configuration of the lane, without secrets; null where it had none (tests). */
  readonly config: unknown;
  readonly connections: readonly OpenConnection[];
}

/** JSON has no NaN and no infinities; instruments have. */
export function packRow(row: KnownRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value,
    ]),
  );
}

/** What a segment says in front, checked as far as it is used; null where it is not of this form. */
export function readAbout(value: unknown): TapeAbout | null {
  if (typeof value !== "object" || value === null) return null;
  const about = value as Record<string, unknown>;
  const { region, rows, connections } = about as Partial<TapeAbout>;
  const sound =
    about["format"] === "tape/1" &&
    typeof about["lane"] === "string" &&
    typeof about["seed"] === "number" &&
    typeof about["first"] === "number" &&
    typeof about["maxFrame"] === "number" &&
    typeof region?.slots === "number" &&
    typeof region.instruments === "number" &&
    Array.isArray(rows) &&
    Array.isArray(connections);
  return sound ? { ...(about as unknown as TapeAbout), rows: rows.map(unpackRow) } : null;
}

function unpackRow(row: object): KnownRow {
  const fields = Object.entries(row).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === "object" && value !== null ? Number((value as { number: string }).number) : value,
  ]);
  const known = Object.fromEntries(fields) as KnownRow;
  return { ...instrumentOf(known), venueCode: known.venueCode };
}
