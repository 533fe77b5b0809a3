import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAULT_NAMES, faultOf } from "./faults.ts";

const PAGE = readFileSync(new URL("../../docs/simulator.md", import.meta.url), "utf8");

/** A fault as the page's table shows it. */
function row(name: (typeof FAULT_NAMES)[number]): string {
  const { target, durationMs, boundMs, plusIdle, fromStart, only, what } = faultOf(name);
  const lasts = durationMs === 0 ? "an instant" : `${durationMs / 1000} s`;
  const bound = `${boundMs === 0 ? "undisturbed" : `${boundMs / 1000} s`}${plusIdle ? " + idle" : ""}${fromStart ? ", from its start" : ""}`;
  const where = only === undefined ? "" : ` (${only.replace("_", " ")} only)`;
  return `| \`${name}\` | ${target} | ${lasts} | ${bound} | ${what}${where} |`;
}

test.each(FAULT_NAMES)("the page tells of %s as the table has it", (name) => {
  expect(PAGE).toContain(row(name));
});
