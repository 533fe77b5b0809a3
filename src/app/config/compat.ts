import { fitsK4Symbol, k4RegionBytes, K4_PRODUCTS, K4_RECORDS } from "../../log/compat-k4.ts";
import type { VenueId } from "../../model/index.ts";
import { VENUES } from "../../venues/index.ts";
import { PART_WAYS } from "../parts/way.ts";
import type { LaneConfig } from "./schema.ts";
import { z } from "./zod.ts";

/** Memory that programs of earlier systems map, kept current from a lane (docs/compat.md). */

const VENUE_IDS = VENUES.map(({ id }) => id) as [VenueId, ...VenueId[]];
/** One region is no larger, bytes. */
const MOST_BYTES = 2 ** 32;

const source = {
  venue: z.enum(VENUE_IDS).describe("Venue whose instruments are written"),
  lane: z.string().optional().describe("Lane they are read from; unset: the first that listens to the venue"),
};
const Name = z.string().min(1).max(64);
const Region = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    "expected a name of letters, digits, dots, dashes, without a folder",
  )
  .optional();

const BookFiles = z.strictObject({
  ...source,
  symbol: Name.describe("Canonical (SOL-USD) or native symbol"),
  book_file: z
    .string()
    .min(1)
    .default("/dev/shm/solusd_order_book.mmap")
    .describe("Order book file: 50 levels a side, 1608 bytes"),
  top_file: z
    .string()
    .min(1)
    .default("/dev/shm/solusd_top_of_book.mmap")
    .describe("Top of book file, 40 bytes"),
});

const K4 = z.strictObject({
  ...source,
  symbols: z.array(Name).min(1).max(1024).describe("Canonical or native symbols, in the order of the region"),
  dir: z.string().min(1).default("/dev/shm").describe("Folder of the regions"),
  bookticker: Region.describe("Region of best quotes; unset: none"),
  trade: Region.describe("Region of trades"),
  aggtrade: Region.describe("Region of aggregate trades: the same trades in that record"),
  depth5: Region.describe("Region of the best five levels a side"),
  records: z.int().min(1).max(10_000_000).default(100_000).describe("Records of each symbol"),
  product: z
    .enum(K4_PRODUCTS)
    .optional()
    .describe(
      "product_type of all records; unset: by the instrument (spot, options, coin_margin or u_margin)",
    ),
});

const MessageRing = z.strictObject({
  ...source,
  symbols: z.array(Name).min(1).max(1024).describe("Canonical or native symbols"),
  file: z.string().min(1).default("/dev/shm/market_data_shm").describe("File of the ring, 4 MiB"),
  depth: z.int().min(1).max(30).default(20).describe("Levels of a book, a side"),
});

export const Compat = z
  .strictObject({
    isolation: z
      .enum(PART_WAYS)
      .default("process")
      .describe("process: of its own; thread: of the gateway's process"),
    book_files: BookFiles.optional().describe(
      "One instrument's book and top of book as two files of fixed form",
    ),
    message_ring: MessageRing.optional().describe(
      "Trades, quotes and books as JSON in a ring of 1024 entries",
    ),
    k4: z.array(K4).max(16).default([]).describe("Rings of records by symbol"),
  })
  .optional()
  .describe("Memory that programs of earlier systems map");

export type CompatConfig = NonNullable<z.output<typeof Compat>>;
export type BookFilesConfig = NonNullable<CompatConfig["book_files"]>;
export type MessageRingConfig = NonNullable<CompatConfig["message_ring"]>;
export type K4Config = CompatConfig["k4"][number];

/** The lane that a part of it reads: the one it names, or the first with a feed of its venue. */
export function laneFor(
  { venue, lane }: { readonly venue: VenueId; readonly lane?: string | undefined },
  lanes: readonly LaneConfig[],
): LaneConfig | undefined {
  const hears = (one: LaneConfig): boolean => one.feeds.some((feed) => feed.venue === venue);
  return lanes.find((one) => (lane === undefined || one.name === lane) && hears(one));
}

/** Paths of every file it writes, with the place in the configuration that names it. */
export function compatPathsOf(compat: CompatConfig): [place: string, path: string][] {
  const { book_files: files, message_ring: ring, k4 } = compat;
  const two: [string, string][] =
    files === undefined
      ? []
      : [
          ["compat.book_files.book_file", files.book_file],
          ["compat.book_files.top_file", files.top_file],
        ];
  const regions = k4.flatMap((one, i) =>
    K4_RECORDS.flatMap((record): [string, string][] =>
      one[record] === undefined ? [] : [[`compat.k4[${i}].${record}`, `${one.dir}/${one[record]}`]],
    ),
  );
  const messages: [string, string][] = ring === undefined ? [] : [["compat.message_ring.file", ring.file]];
  return [...two, ...messages, ...regions];
}

/** What cannot be, one line a fault. */
export function compatFaults(compat: CompatConfig | undefined, lanes: readonly LaneConfig[]): string[] {
  if (compat === undefined) return [];
  const { book_files: files, message_ring: ring, k4 } = compat;
  const paths = compatPathsOf(compat);
  const twice = paths.flatMap(([place, path], i) => {
    const first = paths.findIndex(([, other]) => other === path);
    return first < i
      ? [`${place}: expected a file of its own, saw that of ${paths[first]![0]}: ${path}`]
      : [];
  });
  return [
    ...(files === undefined ? [] : laneFaults("compat.book_files", files, lanes)),
    ...(ring === undefined ? [] : laneFaults("compat.message_ring", ring, lanes)),
    ...k4.flatMap((one, i) => [
      ...laneFaults(`compat.k4[${i}]`, one, lanes),
      ...k4Faults(`compat.k4[${i}]`, one),
    ]),
    ...twice,
  ];
}

function laneFaults(
  place: string,
  { venue, lane }: BookFilesConfig | MessageRingConfig | K4Config,
  lanes: readonly LaneConfig[],
): string[] {
  if (laneFor({ venue, lane }, lanes) !== undefined) return [];
  if (lane !== undefined && !lanes.some(({ name }) => name === lane))
    return [`${place}.lane: expected one of ${lanes.map(({ name }) => name).join(", ")}, saw "${lane}"`];
  return [
    `${place}.venue: expected a venue that ${lane === undefined ? "a" : "this"} lane listens to, saw "${venue}"; add a feed of it`,
  ];
}

function k4Faults(place: string, { symbols, records, ...regions }: K4Config): string[] {
  const wanted = K4_RECORDS.filter((record) => regions[record] !== undefined);
  const bytes = Math.max(0, ...wanted.map((record) => k4RegionBytes({ record, symbols, records })));
  return [
    ...(wanted.length === 0 ? [`${place}: expected at least one of ${K4_RECORDS.join(", ")}, saw none`] : []),
    ...(bytes > MOST_BYTES
      ? [
          `${place}.records: expected regions of at most ${MOST_BYTES} bytes, saw ${bytes}; set fewer records or symbols`,
        ]
      : []),
    ...symbols.flatMap((symbol, i) => [
      ...(fitsK4Symbol(symbol) ? [] : [`${place}.symbols[${i}]: expected at most 31 bytes, saw "${symbol}"`]),
      ...(symbols.indexOf(symbol) < i
        ? [`${place}.symbols[${i}]: expected each once, saw "${symbol}" again`]
        : []),
    ]),
  ];
}
