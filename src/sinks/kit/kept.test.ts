import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { Kept } from "./kept.ts";

const data = mkdtempSync(join(tmpdir(), "feedhorn-kept-"));
afterEach(() => rmSync(join(data, "sinks"), { recursive: true, force: true }));

it("is there for whoever comes next, and nothing else is", () => {
  const host = { name: "broker", data };
  expect(new Kept("kafka", host).read()).toBeNull();
  const kept = new Kept<{ at: number }>("kafka", host);
  kept.write({ at: 1 });
  kept.write({ at: 2 });
  expect(new Kept("kafka", host).read()).toEqual({ at: 2 });
  expect(new Kept("pulsar", host).read()).toBeNull();
  expect(readdirSync(join(data, "sinks"))).toEqual(["broker.json"]);
  expect(statSync(kept.path!).mode & 0o777).toBe(0o600);
});

it("does not take something else for nothing", () => {
  const kept = new Kept("kafka", { name: "broker", data });
  for (const text of ["", "{", "7"]) {
    writeFileSync(kept.path!, text);
    expect(() => kept.read()).toThrow(/expected JSON in .*broker\.json, saw something else/);
  }
});

it("is nowhere without a data folder", () => {
  const kept = new Kept("kafka", { name: "broker", data: null });
  kept.write({ at: 1 });
  expect([kept.path, kept.read()]).toEqual([null, null]);
});
