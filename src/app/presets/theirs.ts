import { ConfigError } from "../config/error.ts";
import { explain } from "../config/explain.ts";
import type { JsonSchema, SchemaIssue } from "../config/schema.ts";
import { z } from "../config/zod.ts";

/** Their file, checked by what is known of it: unknown keys and wrong values are faults, as in files of ours. Throws ConfigError. */
export function checkTheirs<T>(schema: z.ZodType<T>, input: unknown, origin: string): T {
  const value = input ?? {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const json = z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
  const lines = explain(parsed.error.issues as readonly SchemaIssue[], value, json);
  throw new ConfigError(lines.map((line) => `${origin}: ${line}`));
}

/** A list in one variable, by commas; blanks around its words do not count. Undefined where it is unset or empty. */
export function listOf(text: string | undefined): string[] | undefined {
  const words = (text ?? "").split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
  return words.length === 0 ? undefined : words;
}

/** Variables that are set, by other names: {KAFKA_TOPIC: "topic"} makes {topic: "..."} of them. Empty ones count as unset. */
export function named<K extends string>(
  env: Readonly<Record<string, string | undefined>>,
  names: Readonly<Record<string, K>>,
): Partial<Record<K, string>> {
  const pairs = Object.entries(names).flatMap(([variable, key]) =>
    env[variable] ? [[key, env[variable]]] : [],
  );
  return Object.fromEntries(pairs) as Partial<Record<K, string>>;
}

/** A table with the keys of `over` in it; what is no table stays what it is, for the check to tell. */
export function overlaid(input: unknown, over: object): unknown {
  const value = input ?? {};
  return typeof value === "object" && !Array.isArray(value) ? { ...value, ...over } : value;
}
