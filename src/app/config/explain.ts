import { nearest } from "./nearest.ts";
import { jsonSchema } from "./schema.ts";
import type { JsonSchema, SchemaIssue } from "./schema.ts";
import { NAME_OF_A_VARIABLE, redact, SECRET_KEY } from "./redact.ts";

/** One line per fault: path, what was expected, what was seen, and what was probably meant. */
export function explain(issues: readonly SchemaIssue[], input: unknown, schema = jsonSchema()): string[] {
  return issues.flatMap((issue) => {
    const node = schemaAt(schema, issue.path, input);
    if (issue.code === "unrecognized_keys")
      return issue.keys!.map((key) => unknownKey(issue.path, key, node));
    return [`${pathText(issue.path)}: ${wrongValue(issue, node, valueAt(input, issue.path))}`];
  });
}

/** feeds[0].backoff.min_ms; the whole file is "(file)". */
export function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "(file)";
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`))
    .join("");
}

function unknownKey(path: readonly PropertyKey[], key: string, node: JsonSchema | null): string {
  const known = Object.keys(node?.properties ?? {});
  const meant = nearest(key, known);
  return `${pathText([...path, key])}: unknown key; ${meant ? `did you mean ${meant}?` : `known keys are ${known.join(", ")}`}`;
}

function wrongValue(issue: SchemaIssue, node: JsonSchema | null, value: unknown): string {
  const expected = expectation(issue, node);
  if (value === undefined) return `missing; ${expected}${node?.description ? ` (${node.description})` : ""}`;
  const meant = typeof value === "string" && node?.enum ? nearest(value, node.enum.map(String)) : null;
  return `${expected}, saw ${seen(value, issue.path)}${meant ? `; did you mean ${meant}?` : ""}`;
}

function expectation(issue: SchemaIssue, node: JsonSchema | null): string {
  if (issue.code === "invalid_value") return `expected one of ${issue.values!.map(String).join(", ")}`;
  if (issue.code === "too_small") return `expected ${unit(issue.origin, "at least", issue.minimum!)}`;
  if (issue.code === "too_big") return `expected ${unit(issue.origin, "at most", issue.maximum!)}`;
  if (issue.code === "invalid_type")
    return `expected ${kindName(node?.type === "integer" ? "int" : issue.expected!)}`;
  if (issue.code === "invalid_union" && node?.enum)
    return `expected one of ${node.enum.map(String).join(", ")}`;
  if (issue.code === "invalid_union")
    return `expected ${[node?.type ?? []].flat().map(kindName).join(" or ")}`;
  if (issue.message === "Invalid URL") return `expected a URL (${node?.description})`;
  return issue.message;
}

function unit(origin: string | undefined, bound: string, count: number | bigint): string {
  if (origin === "string") return `text of ${bound} ${count} character${count === 1 ? "" : "s"}`;
  if (origin === "array") return `a list of ${bound} ${count} item${count === 1 ? "" : "s"}`;
  return `${bound} ${count}`;
}

function kindName(expected: string): string {
  const names: Record<string, string> = {
    int: "a whole number",
    number: "a number",
    string: "text",
    boolean: "true or false",
    array: "a list",
    object: "a table of keys",
    record: "a table of keys",
  };
  return names[expected] ?? expected;
}

function seen(value: unknown, path: readonly PropertyKey[]): string {
  const key = String(path.at(-1) ?? "");
  if (SECRET_KEY.test(key) || NAME_OF_A_VARIABLE.test(key)) return "[redacted]";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  const text = JSON.stringify(redact(value)) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function schemaAt(schema: JsonSchema, path: readonly PropertyKey[], input: unknown): JsonSchema | null {
  let node: JsonSchema | undefined = schema;
  path.forEach((part, i) => {
    const next =
      typeof part === "number"
        ? node?.items
        : (node?.properties?.[String(part)] ?? typesOf(node, part) ?? extraOf(node));
    node = variantOf(next, valueAt(input, path.slice(0, i + 1)));
  });
  return node ?? null;
}

/** Of tables that differ by their `type`, what it may be. */
function typesOf(node: JsonSchema | undefined, part: PropertyKey): JsonSchema | undefined {
  if (node?.oneOf === undefined || part !== "type") return undefined;
  return { enum: node.oneOf.map((one) => one.properties?.["type"]?.const) };
}

/** Of tables that differ by their `type`, that of a value. */
function variantOf(node: JsonSchema | undefined, value: unknown): JsonSchema | undefined {
  if (node?.oneOf === undefined) return node;
  const type = (value as { type?: unknown } | null | undefined)?.type;
  return node.oneOf.find((one) => one.properties?.["type"]?.const === type) ?? node;
}

function extraOf(node: JsonSchema | undefined): JsonSchema | undefined {
  return typeof node?.additionalProperties === "object" ? node.additionalProperties : undefined;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path)
    value = value === null || value === undefined ? undefined : (value as Record<PropertyKey, unknown>)[part];
  return value;
}
