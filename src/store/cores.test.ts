import { readFileSync, readdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { coreMask } from "./cores.ts";

const linux = process.platform === "linux";

/** Threads of this process that may run on core 0 only. */
function boundThreads(): number {
  const lists = readdirSync("/proc/self/task").map((id) =>
    /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(`/proc/self/task/${id}/status`, "latin1")),
  );
  return lists.filter((found) => found?.[1] === "0").length;
}

it("makes the mask of a set of cores", () => {
  expect([...coreMask([0, 3, 9])].slice(0, 3)).toEqual([0b1001, 0b10, 0]);
  expect(coreMask([1023]).at(-1)).toBe(0x80);
  expect(coreMask([1023])).toHaveLength(128);
  for (const core of [-1, 1024, 0.5, NaN])
    expect(() => coreMask([core])).toThrow("whole number from 0 to 1023");
});

it.runIf(linux)("binds the calling thread and no other", { timeout: 20_000 }, async () => {
  const before = boundThreads();
  const loader = import.meta.resolve("tsx/esm/api");
  const cores = new URL("./cores.ts", import.meta.url).href;
  const source = `import { register } from ${JSON.stringify(loader)}; register();
    const { parentPort } = await import("node:worker_threads");
    const { pinThread } = await import(${JSON.stringify(cores)});
    parentPort.postMessage([pinThread([0]), pinThread([1000])]);
    parentPort.once("message", () => parentPort.close());`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const [done, refused] = await new Promise<(string | null)[]>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  expect(boundThreads()).toBe(before + 1);
  expect(done).toBeNull();
  expect(refused).toContain("expected cores this process may use, saw EINVAL for 1000");
  worker.postMessage("end");
  await new Promise((resolve) => worker.once("exit", resolve));
});
