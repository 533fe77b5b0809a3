import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { EchoOrder } from "../../../test/parts/echo.ts";
import { startPart } from "./part.ts";
import type { Part } from "./part.ts";
import { PART_WAYS } from "./way.ts";

const PARTS = join(import.meta.dirname, "../../../test/parts");
const ECHO = pathToFileURL(join(PARTS, "echo.ts"));
const LONG = { timeout: 30_000 };
const PATIENT = { timeout: 20_000, interval: 20 };

type EchoPart = Part<EchoOrder, unknown>;
const started: EchoPart[] = [];

function start(as: (typeof PART_WAYS)[number], data: object = { hello: "you" }, hidden: string[] = []) {
  const part: EchoPart = startPart(ECHO, data, { as, hidden });
  const said: unknown[] = [];
  part.onMessage((message) => void said.push(message));
  started.push(part);
  return { part, said };
}

function processAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

afterEach(async () => {
  for (const part of started.splice(0)) {
    part.kill();
    await part.exited;
  }
});

describe.each(PART_WAYS)("a part as a %s", (as) => {
  it("gets its data, answers, and everything it said arrives before its end", LONG, async () => {
    const { part, said } = start(as);
    part.post({ echo: new Map([["a", new Uint8Array([1, 2])]]) });
    part.post("end");
    const end = await part.exited;
    expect(end).toMatch(as === "thread" ? /ended with code 0/ : /^ended$/);
    expect(said[0]).toMatchObject({ hello: "you" });
    expect(said[1]).toEqual(new Map([["a", new Uint8Array([1, 2])]]));
    expect(said.slice(2)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it("tells in its own words what ended it", LONG, async () => {
    expect(await start(as, { hello: "", fail: "cannot begin" }).part.exited).toBe("cannot begin");
    const [now, later] = [start(as).part, start(as).part];
    now.post("throw");
    later.post("throw later");
    expect([await now.exited, await later.exited]).toEqual(["told to throw", "told to throw later"]);
  });

  it("can be killed while it hangs, and posting to it then does nothing", LONG, async () => {
    const { part, said } = start(as);
    await expect.poll(() => said.length, PATIENT).toBe(1);
    part.post("hang");
    part.kill();
    expect(await part.exited).toMatch(as === "thread" ? /ended with code 1/ : /SIGKILL/);
    part.post("end");
  });
});

describe("a process", () => {
  it("has a pid of its own, and an environment without what it need not know", LONG, async () => {
    process.env["FEEDHORN_TEST_SECRET"] = "s";
    try {
      const [open, hidden] = [start("process"), start("process", undefined, ["FEEDHORN_TEST_SECRET"])];
      await expect.poll(() => [open.said.length, hidden.said.length], PATIENT).toEqual([1, 1]);
      expect(open.said[0]).toEqual({ hello: "you", secret: "s", pid: open.part.pid });
      expect(hidden.said[0]).toEqual({ hello: "you", secret: null, pid: hidden.part.pid });
      expect(hidden.part.pid).not.toBe(process.pid);
    } finally {
      delete process.env["FEEDHORN_TEST_SECRET"];
    }
  });

  it("leaves signals of the terminal to its parent, and ends when that is killed", LONG, async () => {
    const parent = spawn(process.execPath, [
      "--import",
      import.meta.resolve("tsx"),
      join(PARTS, "parent.ts"),
    ]);
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    process.kill(pid, "SIGTERM");
    process.kill(pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(processAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => processAlive(pid), PATIENT).toBe(false);
  });
});
