import { parentPort, workerData } from "node:worker_threads";
import { RECORD, RecordCursor, TapeRingReader } from "../../log/index.ts";
import { TapeWriter, loadZstd } from "../../store/index.ts";
import { packRow } from "./about.ts";
import type { OpenConnection } from "./about.ts";
import type { TapeData, TapeMessage } from "./messages.ts";

/** The thread of one tape: takes records from the lane's ring, packs them and writes them, until the lane has ended. */

/** Sleep while there is nothing, ms: the ring holds seconds. */
const IDLE_MS = 10;
const RETRY_MS = 500;
/** Bytes taken from the ring at once. */
const TAKE = 1 << 20;

const { ring, dir, session, maxBytes, segmentBytes, flushMs, about } = workerData as TapeData;
const post = (message: TapeMessage): void => parentPort!.postMessage(message);

/** Connections as of what was written so far: a segment says them in front. */
const connections = new Map<number, OpenConnection>();

const reader = new TapeRingReader(ring);
const writer = new TapeWriter({
  dir,
  session,
  maxBytes,
  segmentBytes,
  zstd: await loadZstd(),
  describe: () => ({ ...about, rows: about.rows.map(packRow), connections: [...connections.values()] }),
  deleted: (file) => post({ type: "deleted", file }),
});
run();
post({ type: "done", rawBytes: writer.rawBytes, bytes: writer.bytes });
parentPort!.close();

function run(): void {
  let flushAt = performance.now() + flushMs;
  while (!reader.ended) {
    if (!reader.poll(TAKE)) reader.wait(IDLE_MS);
    else {
      const { bytes, start, end } = reader;
      persist(() => writer.append(bytes, start, end));
      note(new RecordCursor(bytes, start, end));
      reader.release();
    }
    if (performance.now() < flushAt) continue;
    persist(() => {
      writer.flush();
      writer.sync();
    });
    flushAt = performance.now() + flushMs;
  }
  persist(() => writer.close());
}

/** Until it succeeds: a full disk is waited out. After the lane has ended, a few times. */
function persist(write: () => void): void {
  for (let tries = 0; ; tries++) {
    try {
      write();
      if (tries > 0) post({ type: "writing" });
      return;
    } catch (error) {
      if (tries === 0)
        post({ type: "failing", reason: error instanceof Error ? error.message : String(error) });
      if (reader.closing && tries >= 3) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

function note(cursor: RecordCursor): void {
  while (cursor.next()) {
    if (cursor.kind === RECORD.CLOSED) connections.delete(cursor.id);
    else if (cursor.kind === RECORD.DIAL) {
      const [venue = "", url = ""] = cursor.text().split("\n");
      connections.set(cursor.id, { conn: cursor.id, venue, url });
    }
  }
}
