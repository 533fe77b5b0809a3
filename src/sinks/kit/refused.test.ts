import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { SinkHost } from "../sink.ts";
import { Refused } from "./refused.ts";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function hostOf(data: string | null): { host: SinkHost; told: unknown[]; figures: number[] } {
  const told: unknown[] = [];
  const figures: number[] = [];
  const host: SinkHost = {
    name: "kafka",
    lanes: ["a"],
    data,
    secrets: {},
    report: (level, _message, facts) => void told.push([level, facts]),
    state: () => undefined,
    figure: (_kind, name, _help, value) => void (name === "refused_total" && figures.push(value)),
  };
  return { host, told, figures };
}

it("keeps what was refused, counts it and says so", () => {
  const data = mkdtempSync(join(tmpdir(), "feedhorn-refused-"));
  dirs.push(data);
  const { host, told, figures } = hostOf(data);
  const refused = new Refused(host);
  refused.keep("a", 7, `too large${"!".repeat(1000)}`, '{"type":"trade"}');
  const file = join(data, "sinks", "kafka-refused.ndjson");
  const line = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  expect(line).toEqual({
    lane: "a",
    log_seq: 7,
    reason: `too large${"!".repeat(491)}`,
    record: '{"type":"trade"}',
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(told).toEqual([["error", { lane: "a", log_seq: 7, reason: line["reason"], file }]]);
  expect(figures).toEqual([0, 1]);
});

it("never takes more than its room: the oldest go", () => {
  const data = mkdtempSync(join(tmpdir(), "feedhorn-refused-"));
  dirs.push(data);
  const refused = new Refused(hostOf(data).host);
  const record = "x".repeat(15 << 20);
  for (let seq = 0; seq < 5; seq++) refused.keep("a", seq, "no", record);
  const file = join(data, "sinks", "kafka-refused.ndjson");
  const seqs = (path: string): unknown[] =>
    [...readFileSync(path, "utf8").matchAll(/"log_seq":(\d+)/g)].map(([, seq]) => Number(seq));
  expect([seqs(`${file}.old`), seqs(file)]).toEqual([[2, 3], [4]]);
});

it("counts without a data folder", () => {
  const { host, figures } = hostOf(null);
  new Refused(host).keep("a", 1, "no", "{}");
  expect(figures).toEqual([0, 1]);
});
