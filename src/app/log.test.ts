import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LogLevel } from "./config/schema.ts";
import { createLog } from "./log.ts";
import type { Log } from "./log.ts";

type Line = Record<string, unknown>;

let dir = "";
let count = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-log-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function lines(use: (log: Log) => void, level: LogLevel = "info"): Line[] {
  const path = join(dir, String(count++));
  const fd = openSync(path, "w");
  use(createLog({ fd, level }));
  closeSync(fd);
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Line);
}

it("writes one JSON line per call, with component, level word and ISO time", () => {
  const [line] = lines((log) =>
    log.child("feed", { lane: "main" }).info("connected", { venue: "kraken", connection: 1 }),
  );
  expect(line).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    pid: process.pid,
    component: "feed",
    lane: "main",
    venue: "kraken",
    connection: 1,
    msg: "connected",
  });
});

it("keeps to its level", () => {
  const written = lines((log) => {
    log.debug("no");
    log.info("no");
    log.warn("yes");
    log.fatal("yes");
  }, "warn");
  expect(written.map((line) => line["level"])).toEqual(["warn", "fatal"]);
});

it("never writes a secret, however deep, in a message, a field or an error", () => {
  const error = new Error("wss://u:hush@h failed", {
    cause: Object.assign(new Error("inner"), { apiKey: "hush" }),
  });
  const [line] = lines((log) =>
    log.error("via http://u:hush@proxy/", {
      api_key: "hush",
      a: [{ Password: "hush", keep: 1 }],
      url: "wss://hush@h/?apiKey=hush&x=1",
      err: error,
    }),
  );
  expect(JSON.stringify(line)).not.toContain("hush");
  expect(line).toMatchObject({
    msg: "via http://[redacted]@proxy/",
    api_key: "[redacted]",
    url: "wss://[redacted]@h/?apiKey=[redacted]&x=1",
    a: [{ keep: 1 }],
  });
  expect(line!["err"]).toMatchObject({
    type: "Error",
    message: "wss://[redacted]@h failed",
    cause: { message: "inner" },
  });
});

it("survives circles and BigInt", () => {
  const circle: Line = {};
  circle["self"] = circle;
  const [line] = lines((log) => log.info("odd", { circle, big: 2n ** 63n }));
  expect(JSON.stringify(line)).toContain("[too deep]");
  expect(line!["big"]).toBe(2 ** 63);
});

/** Runs a script with `log` at hand in a process of its own. */
function run(
  body: string,
  stderr: "pipe" | "ignore" = "pipe",
): { stderr: string; stdout: string; status: number | null } {
  const script = `import { createLog } from ${JSON.stringify(join(import.meta.dirname, "log.ts"))};
    import { closeSync } from "node:fs"; const log = createLog(); ${body}`;
  const args = ["--import", "tsx", "--input-type=module", "-e", script];
  return spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", stderr] });
}

it("writes to stderr and loses no tail when the process ends at once", () => {
  const { stdout, stderr } = run(`for (let i = 0; i < 500; i++) log.info("n", { i }); process.exit(0);`);
  const written = stderr
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as Line);
  expect(stdout).toBe("");
  expect(written.map((line) => line["i"])).toEqual(Array.from({ length: 500 }, (_, i) => i));
});

it("survives a closed stderr and counts the lines", () => {
  const { stdout, status } = run(
    `closeSync(2); log.info("a"); log.info("b"); setTimeout(() => console.log(log.dropped), 50);`,
    "ignore",
  );
  expect([status, Number(stdout) >= 2]).toEqual([0, true]);
});
