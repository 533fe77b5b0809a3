import type { Level } from "../model/index.ts";
import {
  DepthReader,
  HEAD_WORD,
  InstrumentReader,
  loadSequence,
  readCounters,
  readHistograms,
  readReaders,
  TopReader,
  VenueReader,
} from "../log/index.ts";
import type { DepthOfBook, InstrumentRow, Region, TopOfBook } from "../log/index.ts";
import type { Findings } from "./verify-region.ts";

/** Checks every table of a region against itself, the instruments and the ring. */
export function checkTables(region: Region, findings: Findings): void {
  const instruments = checkInstruments(region, findings);
  const [top, depth] = [new TopReader(region.top), new DepthReader(region.depth)];
  const head = (): number => loadSequence(region.control, HEAD_WORD);
  for (const { id, symbol } of instruments) {
    checkTop(top.read(id), `top of ${symbol}`, head, findings);
    checkDepth(depth.read(id), `depth of ${symbol}`, head, findings);
  }
  checkLocks(region, findings);
  checkFigures(region, findings);
  checkReaders(region, findings);
}

function checkInstruments(region: Region, findings: Findings): InstrumentRow[] {
  const reader = new InstrumentReader(region.control, region.instruments);
  const rows = region.geometry.instruments;
  findings.expect(reader.count <= rows, "instruments", `at most ${rows} rows in use`, reader.count);
  const venues = new Set(new VenueReader(region.venues).all().map(({ code }) => code));
  const seen = new Set<string>();
  const all = reader.all();
  findings.expect(
    all.length === Math.min(reader.count, rows),
    "instruments",
    `${reader.count} readable rows`,
    all.length,
  );
  for (const { id, symbol, venueCode } of all) {
    const where = `instrument ${id}`;
    findings.expect(symbol !== "", where, "a native symbol", "none");
    findings.expect(venues.has(venueCode), where, "a venue of the venues table", venueCode);
    findings.expect(!seen.has(`${venueCode} ${symbol}`), where, "a symbol of its own", symbol);
    seen.add(`${venueCode} ${symbol}`);
  }
  return all;
}

function checkTop(row: TopOfBook | null, where: string, head: () => number, findings: Findings): void {
  if (row === null) return;
  const { bidPrice, askPrice, validity, logSeq } = row;
  const crossed = validity === "live" && bidPrice >= askPrice;
  findings.expect(!crossed, where, "a live bid below the ask", `${bidPrice} and ${askPrice}`);
  findings.expect(logSeq <= head(), where, `log_seq <= head ${head()}`, logSeq);
}

function checkDepth(row: DepthOfBook | null, where: string, head: () => number, findings: Findings): void {
  if (row === null) return;
  checkSide(row.bids, row.bidHorizon, -1, `${where}, bids`, findings);
  checkSide(row.asks, row.askHorizon, 1, `${where}, asks`, findings);
  const [bid, ask] = [row.bids[0]?.[0] ?? -Infinity, row.asks[0]?.[0] ?? Infinity];
  findings.expect(
    row.validity !== "live" || bid < ask,
    where,
    "a live bid below the ask",
    `${bid} and ${ask}`,
  );
  findings.expect(row.logSeq <= head(), where, `log_seq <= head ${head()}`, row.logSeq);
}

/** Best first, one level a price, every size above 0, nothing beyond what is known. */
function checkSide(
  levels: readonly Level[],
  horizon: number,
  direction: 1 | -1,
  where: string,
  findings: Findings,
): void {
  let before = -Infinity;
  for (const [price, size] of levels) {
    findings.expect(price * direction > before, where, "prices from best to worst", price);
    findings.expect(Number.isFinite(size) && size > 0, where, "a size > 0", size);
    before = price * direction;
  }
  const known = Number.isNaN(horizon) || !(before > horizon * direction);
  findings.expect(known, where, `no level beyond the horizon ${horizon}`, before * direction);
}

/** A row that stays locked was being written when its writer died; the next writer opens it again. */
function checkLocks(region: Region, findings: Findings): void {
  const tables = {
    venues: region.venues,
    instruments: region.instruments,
    top: region.top,
    depth: region.depth,
  };
  for (const [name, rows] of Object.entries(tables))
    for (let row = 0; row < rows.count; row++)
      if (staysLocked(rows.i32, (row * rows.size) / 4))
        findings.add(
          `${name} row ${row}`,
          "expected an open row, saw one left locked by a writer that is gone",
        );
}

function staysLocked(words: Int32Array, at: number): boolean {
  const lock = Atomics.load(words, at);
  if ((lock & 1) === 0) return false;
  for (let look = 0; look < 1000; look++) if (Atomics.load(words, at) !== lock) return false;
  return true;
}

function checkFigures(region: Region, findings: Findings): void {
  for (const { name, labels, value, gauge } of readCounters(region.counters)) {
    const where = `counter ${name}{${labels}}`;
    findings.expect(
      !Number.isNaN(value) && (gauge || value >= 0),
      where,
      gauge ? "a number" : "a number >= 0",
      value,
    );
  }
  for (const { name, labels, count, sum, buckets } of readHistograms(region.histograms)) {
    const wrong = !(count >= 0) || Number.isNaN(sum) || buckets.some((bucket) => !(bucket >= 0));
    findings.expect(!wrong, `histogram ${name}{${labels}}`, "counts >= 0", `count ${count}, sum ${sum}`);
  }
}

function checkReaders(region: Region, findings: Findings): void {
  const readers = readReaders(region.readers);
  const head = loadSequence(region.control, HEAD_WORD);
  for (const { name, pid, cursor, lost } of readers) {
    const where = `reader ${name} (${pid})`;
    findings.expect(cursor >= 0 && cursor <= head, where, `a cursor from 0 to ${head}`, cursor);
    findings.expect(lost >= 0, where, "lost >= 0", lost);
  }
}
