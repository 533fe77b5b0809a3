import { parquet } from "../../src/sinks/parquet.ts";
import { batchFrom, BLOCK } from "./market.ts";
import { hostOf, LAKE_OPTIONS } from "./rig.ts";

/** Writes the log into a lake, a flush every few blocks, until it is killed. Says so when it begins. */
const { host } = hostOf(process.argv[2]!);
const sink = await parquet.open({ ...LAKE_OPTIONS, compact: true }, host);
process.stdout.write("writes\n");
for (let at = sink.resumeAt!("main") ?? 0; ; at += BLOCK) {
  await sink.write(batchFrom(at));
  if ((at / BLOCK) % 5 === 4) await sink.flush();
}
