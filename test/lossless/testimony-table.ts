import * as fs from "node:fs";
import { BIGINT, DOUBLE, DuckDBDataChunk, UBIGINT, UINTEGER, UTINYINT } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Testimony } from "./witness.ts";

/**
 * What the witness saw as a table `witness` of one row a slot. Bodies differ by kind, so each of their five words of eight
 * bytes from byte 24 on is there as a double (d0 to d4) and as bits (u0 to u4). `part` is the region a slot is from; `names` says what the instrument ids of that region are.
 */
const COLUMNS = [
  ["seq", BIGINT],
  ["kind", UTINYINT],
  ["flags", UTINYINT],
  ["part", UTINYINT],
  ["instrument", UINTEGER],
  ["ts_event", BIGINT],
  ["ts_recv", BIGINT],
  ...[0, 1, 2, 3, 4].map((i) => [`d${i}`, DOUBLE] as const),
  ...[0, 1, 2, 3, 4].map((i) => [`u${i}`, UBIGINT] as const),
] as const;

/** Rows of a chunk; what DuckDB's vectors hold. */
const CHUNK = 2048;
const BODY_WORD = 3;

export async function loadTestimonies(
  connection: DuckDBConnection,
  testimonies: readonly Testimony[],
): Promise<void> {
  await connection.run(
    `CREATE TABLE witness (${COLUMNS.map(([name, type]) => `${name} ${type.toString()}`).join(", ")})`,
  );
  await connection.run("CREATE TABLE names (part UTINYINT, id UINTEGER, venue VARCHAR, symbol VARCHAR)");
  for (const [part, { names }] of testimonies.entries()) {
    const rows = names.map(([id, venue, symbol]) => `(${part}, ${id}, '${venue}', '${symbol}')`);
    if (rows.length > 0) await connection.run(`INSERT INTO names VALUES ${rows.join(", ")}`);
  }
  const appender = await connection.createAppender("witness");
  const chunk = DuckDBDataChunk.create(COLUMNS.map(([, type]) => type));
  for (const [part, { file, first }] of testimonies.entries()) {
    const fd = fs.openSync(file, "r");
    const bytes = Buffer.alloc(CHUNK * 64);
    for (let seq = first; ;) {
      const count = fs.readSync(fd, bytes) / 64;
      if (count === 0) break;
      fill(chunk, bytes.subarray(0, count * 64), seq, part);
      appender.appendDataChunk(chunk);
      seq += count;
    }
    fs.closeSync(fd);
  }
  appender.closeSync();
}

type Items = { items: { [i: number]: number | bigint }; flush(): void };

function fill(chunk: DuckDBDataChunk, bytes: Buffer, first: number, part: number): void {
  const count = bytes.length / 64;
  chunk.reset();
  chunk.rowCount = count;
  const words = new BigInt64Array(bytes.buffer, bytes.byteOffset, count * 8);
  const bits = new BigUint64Array(words.buffer, bytes.byteOffset, count * 8);
  const doubles = new Float64Array(words.buffer, bytes.byteOffset, count * 8);
  const columns = COLUMNS.map((_, i) => chunk.getColumnVector(i) as unknown as Items);
  const [seq, kind, flags, parts, instrument, event, recv] = columns.map(({ items }) => items);
  for (let i = 0; i < count; i++) {
    const word = i << 3;
    seq![i] = BigInt(first + i);
    kind![i] = bytes[i << 6]!;
    flags![i] = bytes[(i << 6) + 1]!;
    parts![i] = part;
    instrument![i] = bytes.readUInt32LE((i << 6) + 4);
    event![i] = words[word + 1]!;
    recv![i] = words[word + 2]!;
    for (let k = 0; k < 5; k++) {
      columns[7 + k]!.items[i] = doubles[word + BODY_WORD + k]!;
      columns[12 + k]!.items[i] = bits[word + BODY_WORD + k]!;
    }
  }
  for (const column of columns) column.flush();
}
