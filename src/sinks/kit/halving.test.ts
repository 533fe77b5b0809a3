import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { SinkHost } from "../sink.ts";
import { RowRefused, sendHalving } from "./halving.ts";
import { Refused } from "./refused.ts";
import { TextRows } from "./text-rows.ts";

const data = mkdtempSync(join(tmpdir(), "feedhorn-halving-"));
afterAll(() => rmSync(data, { recursive: true, force: true }));

function refusedOf(name: string): Refused {
  const nothing = (): void => undefined;
  const host: SinkHost = {
    name,
    lanes: ["a"],
    data,
    secrets: {},
    report: nothing,
    state: nothing,
    figure: nothing,
  };
  return new Refused(host);
}

function rowsOf(count: number): TextRows {
  const rows = new TextRows();
  for (let i = 0; i < count; i++) {
    rows.event(i, "a", 100 + i);
    rows.out.text(`${i};`);
  }
  return rows;
}

/** A vendor that takes nothing that holds one of `odd`. */
function vendor(odd: readonly number[]): {
  taken: string[];
  names: string[];
  send: (text: Uint8Array, name: string) => Promise<void>;
} {
  const taken: string[] = [];
  const names: string[] = [];
  const send = async (text: Uint8Array, name: string): Promise<void> => {
    names.push(name);
    const values = Buffer.from(text).toString("utf8").split(";").slice(0, -1);
    if (values.some((value) => odd.includes(Number(value)))) throw new RowRefused("odd");
    taken.push(...values);
  };
  return { taken, names, send };
}

it("sends everything at once where nothing is refused, and nothing where nothing is there", async () => {
  const { taken, names, send } = vendor([]);
  await sendHalving({ rows: rowsOf(5), send, refused: refusedOf("all") });
  expect([taken, names]).toEqual([["0", "1", "2", "3", "4"], ["a:100 a:104 5"]]);
  await sendHalving({ rows: rowsOf(0), send, refused: refusedOf("all") });
  expect(names.length).toBe(1);
});

it("leaves out what is refused, in order, each under a name of its own", async () => {
  const { taken, names, send } = vendor([3, 70]);
  const refused = refusedOf("two");
  await sendHalving({ rows: rowsOf(100), send, refused });
  const wanted = Array.from({ length: 100 }, (_, i) => String(i)).filter((i) => i !== "3" && i !== "70");
  expect(taken).toEqual(wanted);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeLessThan(30);
  const kept = readFileSync(join(data, "sinks", "two-refused.ndjson"), "utf8")
    .trim()
    .split("\n");
  expect(kept.map((line) => JSON.parse(line) as unknown)).toEqual([
    { lane: "a", log_seq: 103, reason: "odd", record: "3;" },
    { lane: "a", log_seq: 170, reason: "odd", record: "70;" },
  ]);
});

it("stops where all is refused, and where the trouble is another", async () => {
  const all = vendor(Array.from({ length: 2000 }, (_, i) => i));
  await expect(
    sendHalving({ rows: rowsOf(2000), send: all.send, refused: refusedOf("none") }),
  ).rejects.toThrow(/expected rows to be taken, saw 1000 refused at once, the last because of odd/);
  const send = async (): Promise<void> => {
    throw new Error("gone");
  };
  const refused = refusedOf("gone");
  await expect(sendHalving({ rows: rowsOf(3), send, refused })).rejects.toThrow("gone");
  expect(refused.count).toBe(0);
});
