import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CHANNELS, VENUE_CODES } from "../../model/index.ts";
import { jsonSchema } from "./schema.ts";
import type { JsonSchema } from "./schema.ts";

const DOCS = join(import.meta.dirname, "../../../docs");
const SINK_PAGES = readdirSync(join(DOCS, "sinks")).filter((name) => name.endsWith(".md"));
/** What one vendor's sink may be told stands on a page of its own. */
const PAGE = [
  readFileSync(join(DOCS, "config.md"), "utf8"),
  ...SINK_PAGES.map((name) => optionsOf(readFileSync(join(DOCS, "sinks", name), "utf8"))),
].join("\n");

/** Rows of options; such a page has other tables as well. */
function optionsOf(page: string): string {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| `sinks["))
    .join("\n");
}

/**
 * Leaves and tables of the schema with their defaults; keys of a feed are listed once, without their parents. Tables that differ by
 * their type are `sinks[ndjson]`; what all of them have is under `sinks[]`.
 */
function keysOf(schema: JsonSchema, path: string): [key: string, schema: JsonSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]): [string, JsonSchema][] => {
    const key = path === "" ? name : `${path}.${name}`;
    if (node.properties) return keysOf(node, key);
    if (node.items?.oneOf) return [[key, node], ...variantKeys(node.items.oneOf, key)];
    if (!node.items?.properties) return [[key, node]];
    return [[key, node], ...keysOf(node.items, name === "feeds" ? "" : `${key}[]`)];
  });
}

function variantKeys(tables: readonly JsonSchema[], key: string): [key: string, schema: JsonSchema][] {
  const everywhere = (name: string): boolean => tables.every((table) => table.properties?.[name]);
  const ofAll = Object.entries(tables[0]!.properties!).filter(
    ([name]) => everywhere(name) && OF_ALL.has(name),
  );
  const own = tables.flatMap((table) =>
    Object.entries(table.properties!)
      .filter(([name]) => !OF_ALL.has(name))
      .map(([name, node]): [string, JsonSchema] => [
        `${key}[${String(table.properties!["type"]!.const)}].${name}`,
        node,
      ]),
  );
  return [...ofAll.map(([name, node]): [string, JsonSchema] => [`${key}[].${name}`, node]), ...own];
}

/** Keys that every sink has. */
const OF_ALL = new Set([
  "type",
  "name",
  "lanes",
  "venues",
  "kinds",
  "delivery",
  "flush_ms",
  "required",
  "batch_slots",
]);

it("docs/config.md names every key with its default", () => {
  const rows = new Map(
    [...PAGE.matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, key, value]) => [key!, value!]),
  );
  const keys = keysOf(jsonSchema(), "");
  expect(keys.length).toBeGreaterThan(20);
  for (const [key, node] of keys) {
    expect(rows.has(key), `${key} has no row`).toBe(true);
    if (node.default !== undefined) expect(rows.get(key), key).toBe(`\`${JSON.stringify(node.default)}\``);
  }
  const known = new Set([
    ...keys.map(([key]) => key),
    "FEEDHORN_DIR",
    "FEEDHORN_OPS_PORT",
    "FEEDHORN_LOG_LEVEL",
  ]);
  expect([...rows.keys()].filter((key) => !known.has(key))).toEqual([]);
});

it("docs/config.md names every venue, channel and limit", () => {
  for (const word of [...Object.keys(VENUE_CODES), ...CHANNELS]) expect(PAGE).toContain(`\`${word}\``);
  for (const number of [512, 2 ** 24, 1_048_576]) expect(PAGE).toContain(String(number));
});
