import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { ANSWERS } from "./answers.ts";
import { familyOf, isAlive } from "./family.ts";
import { KEEPERS } from "./keepers.ts";
import { SERVICES, services, startService } from "./service.ts";
import type { Service, ServiceName, ServiceOptions } from "./service.ts";

const SLOW = 300_000;

describe.each(SERVICES)("%s", (name) => {
  const missing = services.missing(name);
  let one: Service | null = null;
  afterAll(() => one?.remove());

  it.skipIf(missing !== null)(
    "answers, keeps what it was given through kill -9, and is gone at the end",
    { timeout: SLOW },
    async () => {
      one = await startService(name);
      const { pid } = one;
      await KEEPERS[name].put(one, "before");
      await one.kill();
      expect([isAlive(pid), await answers(one)]).toEqual([false, false]);
      await one.start();
      expect(await KEEPERS[name].get(one)).toBe("before");
      const family = familyOf(one.pid);
      await one.stop();
      expect([family.some(isAlive), await answers(one)]).toEqual([false, false]);
      one.remove();
      expect(existsSync(one.dir)).toBe(false);
    },
  );
});

/** Makes it wait for the condition. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !done(); i++) await sleep(10);
  expect(done()).toBe(true);
}

function answers(one: Service): Promise<boolean> {
  return ANSWERS[one.name](one).catch(() => false);
}

/** Those that know passwords and TLS by themselves. */
const GUARDED: [name: ServiceName, options: ServiceOptions][] = [
  ["redis", { password: "very secret" }],
  ["redis", { user: "feedhorn", password: "secret", tls: true, clientCert: true }],
  ["postgres", { password: "very secret" }],
  ["postgres", { password: "secret", tls: true, clientCert: true }],
  ["nats", { password: "secret" }],
  ["nats", { user: "feedhorn", password: "secret", tls: true, clientCert: true }],
  ["kafka", { user: "feedhorn", password: "secret", tls: true, clientCert: true }],
  ["pulsar", { password: "secret", tls: true }],
  ["clickhouse", { user: "feedhorn", password: "secret", tls: true, clientCert: true }],
  ["questdb", { user: "feedhorn", password: "secret" }],
];

describe.each(GUARDED)("%s behind %j", (name, options) => {
  it.skipIf(services.missing(name) !== null)(
    "lets those in who know, and nobody else",
    { timeout: SLOW },
    async () => {
      const one = await startService(name, options);
      onTestFinished(() => one.remove());
      await KEEPERS[name].put(one, "known");
      expect(await KEEPERS[name].get(one)).toBe("known");
      const stranger = Object.assign(Object.create(one) as Service, { password: "wrong" });
      Object.defineProperty(stranger, "token", { value: "wrong" });
      await expect(KEEPERS[name].get(stranger)).rejects.toThrow();
    },
  );
});

describe("a server", () => {
  it("stands still when it is told to, with all its processes", { timeout: SLOW }, async () => {
    const one = await startService("redis");
    onTestFinished(() => one.remove());
    one.pause();
    expect(await answers(one)).toBe(false);
    one.resume();
    expect(await answers(one)).toBe(true);
  });

  it("is taken away with its folder while it runs", { timeout: SLOW }, async () => {
    const one = await startService("postgres");
    const family = familyOf(one.pid);
    expect(family.length).toBeGreaterThan(3);
    one.remove();
    await until(() => !family.some(isAlive));
    expect(existsSync(one.dir)).toBe(false);
  });

  it("ends with the process that started it, even if that is killed", { timeout: SLOW }, async () => {
    const dir = mkdtempSync(join(tmpdir(), "feedhorn-owner-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const script = join(dir, "owner.mts");
    const module = join(import.meta.dirname, "service.ts");
    writeFileSync(
      script,
      `import { startService } from ${JSON.stringify(module)}; const one = await startService("redis"); console.log(one.pid);`,
    );
    const owner = spawn(process.execPath, ["--import", "tsx", script], {
      cwd: join(import.meta.dirname, "../.."),
      env: { ...process.env, TMPDIR: dir },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await Promise.race([once(owner.stdout, "data"), once(owner, "exit")]);
    const pid = Number(String(line[0]));
    expect(isAlive(pid)).toBe(true);
    owner.kill("SIGKILL");
    await until(() => !isAlive(pid));
  });

  it("that cannot start says what it said", async () => {
    await expect(startService("redis", { set: { nonsense: "1" } })).rejects.toThrow(/Bad directive/);
  });
});

it("unknown words are told with what was expected", () => {
  const script = join(import.meta.dirname, "../../scripts/services.sh");
  const say = (...words: string[]): string => spawnSync(script, words, { encoding: "utf8" }).stderr.trim();
  expect(say("run", "oracle")).toBe(
    `services: expected one of ${SERVICES.join(" ")}, saw "oracle": name one of them`,
  );
  expect(say("run", "redis", "--dir", "/tmp")).toBe('services: expected --port N, saw "": give a port');
  expect(say("begin")).toMatch(/^services: expected a command of install, .*, saw "begin": /);
});
