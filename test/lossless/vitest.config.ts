import { defineConfig } from "vitest/config";

/** One proof after the other: each is a market, a gateway and a witness under full load. `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ["test/lossless/*.proof.ts"],
    root: new URL("../..", import.meta.url).pathname,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
