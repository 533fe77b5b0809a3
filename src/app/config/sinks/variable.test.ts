import { expect, it } from "vitest";
import { checkConfig } from "../../config.ts";
import { jsonSchema } from "../schema.ts";
import type { JsonSchema } from "../schema.ts";

const TABLES: readonly JsonSchema[] = jsonSchema().properties!["sinks"]!.items!.oneOf!;

/** Every key of every sink that names a variable. */
const KEYS = TABLES.flatMap(({ properties }) =>
  Object.keys(properties!)
    .filter((key) => key.endsWith("_env"))
    .map((key) => [String(properties!["type"]!.const), key] as const),
);

it("there are such keys of every vendor that knows secrets", () => {
  expect(new Set(KEYS.map(([type]) => type))).toEqual(
    new Set(["kafka", "pulsar", "nats", "postgres", "questdb", "clickhouse", "redis"]),
  );
});

it.each(KEYS)("%s: the secret itself in %s is refused, and not repeated", (type, key) => {
  const config = {
    data: { dir: "/nowhere" },
    feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }],
    sinks: [{ type, [key]: "hunter2-secret" }],
  };
  let words = "";
  try {
    checkConfig(config, "f");
  } catch (error) {
    words = (error as Error).message;
  }
  expect(words).toContain(`sinks[0].${key}: expected the name of an environment variable`);
  expect(words).not.toContain("hunter2");
});
