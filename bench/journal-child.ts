/** The journal of bench/journal.ts: a thread that copies what a region's writer commits. workerData: { path, folder }. */
import { parentPort, workerData } from "node:worker_threads";
import { JournalWriter, openRegion } from "../src/store/index.ts";

const { path, folder } = workerData as { path: string; folder: string };
const journal = new JournalWriter(folder, "main", { keepMs: 0 });
const state = { stopping: false };
journal.attach(openRegion(path));
parentPort!.on("message", () => {
  state.stopping = true;
});
parentPort!.postMessage("ready");
// as the gateway's journal does
while (!state.stopping) {
  const many = journal.poll() >= 4096;
  await new Promise((wake) => (many ? setImmediate(wake) : setTimeout(wake, 5)));
}
await journal.close();
parentPort!.postMessage(journal.stats);
parentPort!.close();
