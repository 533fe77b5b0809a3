import { defineConfig } from "vitest/config";

/** One vendor after the other: each is a real server, a sink's process and a load. `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ["test/million/*.proof.ts"],
    root: new URL("../..", import.meta.url).pathname,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 180_000,
  },
});
