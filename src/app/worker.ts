import { Worker } from "node:worker_threads";
import type { WorkerOptions } from "node:worker_threads";

/**
 * Starts a thread from a module of ours: compiled, or as TypeScript when the program itself runs from its sources
 * (tests, development), where the thread has to load the same loader first.
 */
export function startWorker(module: URL, options: WorkerOptions): Worker {
  if (module.pathname.endsWith(".js")) return new Worker(module, options);
  const loader = import.meta.resolve("tsx/esm/api");
  const source = `import { register } from ${JSON.stringify(loader)}; register(); await import(${JSON.stringify(module.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), options);
}
