import { describe, expect, it } from "vitest";
import { IlpRows } from "./ilp-rows.ts";

function rowsOf(): IlpRows {
  return new IlpRows("f_", [
    {
      name: "some",
      columns: ["ts", "word", "number", "other"].map((name) => ({ name, type: "VARCHAR" })),
    },
  ]);
}

/** One row of three cells behind its time, 1.7e18 ns. */
function lineOf(put: (rows: IlpRows) => void): string {
  const rows = rowsOf();
  rows.event(1, "a", 0);
  rows.begin("some");
  const ns = 1_700_000_000_000_000_001n;
  rows.time(Number(ns >> 32n), Number(BigInt.asIntN(32, ns)));
  put(rows);
  rows.end();
  return Buffer.from(rows.textOf(0, 1)).toString("utf8");
}

describe("lines", () => {
  it("have their cells by name, and the time at the end", () => {
    const line = lineOf((rows) => {
      rows.text("buy");
      rows.double(1.5);
      rows.flag(true);
    });
    expect(line).toBe('f_some word="buy",number=1.5,other=t 1700000000000000001\n');
  });

  it("leave out what is absent", () => {
    const line = lineOf((rows) => {
      rows.none();
      rows.whole(7);
      rows.none();
    });
    expect(line).toBe("f_some number=7i 1700000000000000001\n");
  });

  it("escape quotes and backslashes, keep what is not ASCII, and have no line breaks within", () => {
    const line = lineOf((rows) => {
      rows.text('a "b" \\');
      rows.text("grüße\n\tünd");
      rows.u64(-1, -1);
    });
    expect(line).toBe(
      'f_some word="a \\"b\\" \\\\",number="grüße  ünd",other="18446744073709551615" 1700000000000000001\n',
    );
  });

  it("have no infinite numbers: those of decimals are told by another column", () => {
    const line = lineOf((rows) => {
      expect([rows.decimal(1e-7), rows.decimal(Infinity)]).toEqual([true, false]);
      rows.double(-Infinity);
    });
    expect(line).toBe("f_some word=1e-7 1700000000000000001\n");
  });

  it("stand whole whatever the size of their memory", () => {
    const rows = rowsOf();
    for (let i = 0; i < 2000; i++) {
      rows.event(i, "a", i);
      rows.begin("some");
      rows.time(0, 1000 + i);
      rows.flag(i % 2 === 0);
      rows.text("x".repeat(i % 37));
      rows.flag(true);
      rows.end();
    }
    const lines = Buffer.from(rows.textOf(0, 2000)).toString("utf8").split("\n");
    expect(lines.length).toBe(2001);
    for (let i = 0; i < 2000; i++)
      expect(lines[i]).toBe(
        `f_some word=${i % 2 === 0 ? "t" : "f"},number="${"x".repeat(i % 37)}",other=t 0${String(1000 + i).padStart(9, "0")}`,
      );
  });
});
