import {
  byteMap,
  DEFAULT_GEOMETRY,
  LAYOUT_HASH,
  LAYOUT_VERSION,
  RECORDS,
  sectionsOf,
} from "../src/log/index.ts";
import type { RecordLayout } from "../src/log/index.ts";
import { CONSTANTS, WORDS } from "./words.ts";

/** Text of docs/layout.md: the protocol in words, then every byte. */
export function layoutPage(): string {
  return [PROTOCOL, sectionTable(), wordTable(), ...RECORDS.map(recordPart)].join("\n");
}

const PROTOCOL = `# The bytes of a region

Made from \`src/log/layout.ts\` by \`npm run generate\`; do not edit. Layout version ${LAYOUT_VERSION}, hash 0x${LAYOUT_HASH.toString(16)}.

A lane is one file, mapped by its one writer and by any number of readers, in any language. Everything is little-endian and
aligned; 64-byte slots on a ring carry the events, tables carry the latest values and the names. Bytes without a name are zero.

## Reading the ring

1. \`n\` is your cursor: the sequence number of the next slot. Slot n lies at \`ring_at + (n mod slots) * 64\`.
2. Load \`head\` (atomic, acquire). Slots below it are complete; it only ever stands between events.
3. Copy the slots you want (a batch, then one check, is the fast way).
4. Let your copying be over (load fence), then load \`claim\`. If \`claim > n + slots\`, the copy of slot n is void: go on at
   \`head - slots/4\`, skip to behind the next slot with LAST, and add all you passed to your count of lost slots.
5. \`first\` is the sequence the ring began with: no slot below it was ever here.
6. \`epoch\` counts writers. When it changes, the gateway was restarted; the sequence goes on.

Sequence numbers are two words, because 32-bit atomics exist everywhere: \`low = seq mod 2^32\`, \`high = floor(seq / 2^24) mod 2^32\`.
With \`base = high * 2^24\`, \`seq = base + signed32(low - low32(base))\`. The words overlap in eight bits, so it does not matter that they
are read (or were written) at different moments, as long as fewer than 2^31 - 2^24 slots lie between.

## Why no torn slot is ever used

Slots n and n + slots share bytes. The writer announces slot m (claim > m) before the first store to its bytes, in steps of 64
slots to make that cheap. A reader loads claim after its last load of slot n. If any loaded byte came from slot m >= n + slots,
that load followed the store, which followed the announcement, so the reader sees claim > n + slots and drops the copy. If claim
<= n + slots, nobody has touched the bytes since slot n was completed, which head > n had already said. Claim and head never go back, not
even over a restart, so bytes that a killed writer left half written stay announced.

The orders this needs: announcement before later stores; slot stores before head; head before slot loads; slot loads before claim.
x86-64 keeps all four by itself (stores in order, loads in order), so only the compiler must be held. On arm64: head is a
store-release and load-acquire; the announcement is a sequentially consistent store followed by a sequentially consistent load (STLR, LDAR: later
stores stay behind the LDAR, the LDAR behind the STLR); the reader's side is a load fence (DMB ISHLD) in C and the mirror image in
JavaScript, which has no fences: a store to a private word, then the load of claim (loads, STLR, LDAR).

## Reading a locked row

The first word of a venue, instrument, top or depth row is its lock: 0 = never written, odd = being written. Load it, copy the row,
fence, load it again: use the copy only when both are the same even number. A killed writer may leave a row odd until the next one
starts, so bound your attempts. A top or depth row with validity 0 holds nothing yet.

## Sleeping until the writer commits

The low word \`head\` is also what a reader may sleep on (Linux: futex(2), without the PRIVATE flag, as sleeper and waker are different
processes). A reader that has read all up to its cursor h = head:

1. looks at \`rings\`. Unless it is 1, this writer wakes nobody: look again by the clock.
2. changes \`sleeps\` (readers section; the only word besides its own row that a reader writes): atomic add of 1, sequentially
   consistent. Without atomics: a plain store of a random number, then a full fence.
3. loads \`head\` (sequentially consistent). Unless its low word is still low32(h): read on.
4. FUTEX_WAIT(\`head\`, low32(h), timeout). Whatever it answers, go on with reading.

After each commit the writer loads \`sleeps\`, and when that differs from what it had served it wakes all who wait on \`head\`. What it
has served is the value it loaded at the commit before: who changed \`sleeps\` by then slept before this head was stored. A reader that
slept costs the writer at most two wakes, and so does one that was killed in its sleep: nobody must take anything back. That no wake is lost is
proved in \`src/log/bell.ts\`. Keep the timeout short all the same (our readers take 250 ms): a writer that was killed
wakes nobody before the next one has started.

## The journal

A lane may have one privileged reader, its journal, which copies slots to files ([storage.md](storage.md)). It writes \`copied\` (below it
all slots are in files, or wait in its memory while the disk is full), \`durable\` (below it they are on the disk) and, while \`journal_pid\` is
not 0, holds the writer: before slots that are not copied are written over, the writer changes \`stalls\` and sleeps on the low word of \`copied\`, for at most \`max_stall\` ms in all until
the journal has caught up to within half a ring. Other readers use these words to know where to look: a slot below \`durable\` is in the
files, unless they were deleted; one below \`copied\` is there, too, or will be while the journal lives; any other one is in the ring or nowhere.
`;

function sectionTable(): string {
  const at = sectionsOf(DEFAULT_GEOMETRY);
  const rows: readonly (readonly [string, number, string])[] = [
    ["header", 0, ""],
    ["venues", at.venues, `${DEFAULT_GEOMETRY.venues} rows`],
    ["instruments", at.instruments, `${DEFAULT_GEOMETRY.instruments} rows`],
    ["counters", at.counters, `${DEFAULT_GEOMETRY.counters} rows`],
    ["histograms", at.histograms, `${DEFAULT_GEOMETRY.histograms} rows`],
    ["top", at.top, `${DEFAULT_GEOMETRY.instruments} rows`],
    ["depth", at.depth, `${DEFAULT_GEOMETRY.instruments} rows`],
    [
      "readers",
      at.readers,
      `${DEFAULT_GEOMETRY.readers} rows; on pages of its own, the only part that readers write`,
    ],
    ["ring", at.ring, `${DEFAULT_GEOMETRY.slots} slots`],
    ["end", at.size, ""],
  ];
  return [
    "## Sections\n",
    "Offsets stand in the header; these are the default ones.\n",
    "| section | offset | size |",
    "|---|---|---|",
    ...rows.map(([name, offset, what]) => `| ${name} | ${offset} | ${what} |`),
    "",
  ].join("\n");
}

function wordTable(): string {
  const list = (words: readonly string[]): string =>
    words.flatMap((word, i) => (word === "" ? [] : [`${i} ${word}`])).join(", ");
  const kinds = Object.entries(CONSTANTS).filter(([name]) => name.startsWith("KIND_"));
  const flags = Object.entries(CONSTANTS).filter(([name]) => name.startsWith("FLAG_"));
  const numbers = (pairs: readonly (readonly [string, number])[]): string =>
    pairs.map(([name, value]) => `${value} ${name.slice(5).toLowerCase()}`).join(", ");
  return [
    "## Numbers that stand for words\n",
    `- kinds: ${numbers(kinds)}`,
    `- flags: ${numbers(flags)}`,
    ...Object.entries(WORDS).map(([name, words]) => `- ${name.replace("_", " ")}: ${list(words)}`),
    "",
  ].join("\n");
}

function recordPart(layout: RecordLayout): string {
  const fields = layout.fields.map(
    (field) => `| ${field.offset} | ${field.name} | ${field.type} | ${field.doc} |`,
  );
  const table = fields.length === 0 ? [] : ["| at | field | type | |", "|---|---|---|---|", ...fields, ""];
  const map = fields.length === 0 ? [] : ["```", byteMap(layout), "```", ""];
  return [`## ${layout.name} (${layout.size} bytes)\n`, `${layout.doc}\n`, ...map, ...table].join("\n");
}
