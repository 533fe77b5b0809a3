import {
  CursorFile,
  JournalWriter,
  journalFolder,
  listCursors,
  openRegion,
  sharedRegion,
} from "../../store/index.ts";
import { runPart } from "../parts/inside.ts";
import type { Inside } from "../parts/inside.ts";
import type { JournalData, JournalMessage, JournalOrder, JournalStanding, LanePlace } from "./messages.ts";

/** The journal of all lanes, thread or process: copies what they commit to disk, and ends when it has all of it. */

/** Between two looks at lanes of which little was to be copied, ms: some thousand slots at the busiest. */
const IDLE_MS = 5;
/** So many slots at once: there may be more already. */
const MANY = 4096;
const TELL_MS = 250;

type JournalInside = Inside<JournalData, JournalOrder, JournalMessage>;

runPart<JournalData, JournalOrder, JournalMessage>(async (inside) => {
  const writers = inside.data.lanes.map((lane) => writerOf(inside, lane));
  const state = { stopping: false, ms: 0 };
  inside.onMessage(({ ms }) => {
    state.stopping = true;
    state.ms = ms;
  });
  inside.post({ type: "ready" });
  let told = 0;
  while (!state.stopping) {
    const most = Math.max(...writers.map((writer) => writer.poll()));
    const now = performance.now();
    if (now - told >= TELL_MS) {
      tell(inside, writers);
      told = now;
    }
    await pause(most >= MANY);
  }
  const ends = await Promise.allSettled(writers.map((writer) => writer.close(state.ms)));
  tell(inside, writers);
  for (const one of ends) if (one.status === "rejected") throw one.reason;
  await inside.end();
});

function writerOf({ data, post }: JournalInside, { name, path, buffer }: LanePlace): JournalWriter {
  const { settings, dir } = data;
  const writer = new JournalWriter(journalFolder(dir, name), name, {
    fsyncMs: settings.fsync_ms,
    segmentBytes: settings.segment_bytes,
    maxBytes: settings.max_bytes,
    keepMs: settings.keep_ms,
    backlogBytes: settings.backlog_bytes,
    reserveBytes: settings.reserve_bytes,
    report: (level, message, facts) =>
      post({ type: "report", level, message, facts: { lane: name, ...facts } }),
  });
  tellStrangers(data, name, post);
  writer.attach(path === null ? sharedRegion(buffer!) : openRegion(path));
  return writer;
}

/** Cursors hold segments, also those of a sink that was taken out of the configuration. */
function tellStrangers({ dir, sinks }: JournalData, lane: string, post: JournalInside["post"]): void {
  for (const { sink, next } of listCursors(journalFolder(dir, lane))) {
    if (sinks.includes(sink)) continue;
    const { path } = new CursorFile(journalFolder(dir, lane), sink);
    const message =
      "a cursor that is no configured sink's holds the journal; delete its file if nobody needs it";
    post({ type: "report", level: "warn", message, facts: { lane, cursor: path, next } });
  }
}

/** Messages come in between either way. */
function pause(more: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (more) setImmediate(resolve);
    else setTimeout(resolve, IDLE_MS);
  });
}

function tell({ post }: JournalInside, writers: readonly JournalWriter[]): void {
  const lanes = writers.map(({ lane, position, durable, lag, stats }): JournalStanding => {
    return { lane, position, durable, lag, stats: { ...stats } };
  });
  post({ type: "standing", lanes });
}
