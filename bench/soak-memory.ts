/** Memory of a process, as the system sees it and as each of its threads does. */
import { readFileSync, readdirSync } from "node:fs";

/** All in bytes. */
export interface Memory {
  readonly rss: number;
  /** Of it what belongs to nobody else: without the shared region and the program's own file. */
  readonly anon: number;
  /** JavaScript heap in use, memory outside it that objects hold, array buffers among that; of all threads. */
  readonly heap: number;
  readonly external: number;
  readonly buffers: number;
}

/** Arguments for node with which each thread of a process writes once a second into `folder` what it holds. */
export function telling(folder: string): string[] {
  const source = `import{threadId}from"node:worker_threads";import{renameSync,writeFileSync}from"node:fs";
const file=${JSON.stringify(folder)}+"/"+threadId;
setInterval(()=>{const{heapUsed,external,arrayBuffers}=process.memoryUsage();
writeFileSync(file+".new",JSON.stringify([heapUsed,external,arrayBuffers]));renameSync(file+".new",file+".json")},1000).unref()`;
  return ["--import", `data:text/javascript,${encodeURIComponent(source)}`];
}

export function memoryOf(pid: number, folder: string): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const kib = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  const threads = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as [number, number, number]);
  const all = (place: number): number => threads.reduce((total, one) => total + one[place]!, 0);
  return { rss: kib("VmRSS"), anon: kib("RssAnon"), heap: all(0), external: all(1), buffers: all(2) };
}
