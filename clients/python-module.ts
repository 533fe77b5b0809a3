import type { Field } from "../src/log/index.ts";
import { elements } from "../src/log/index.ts";
import { CONSTANTS, WHOLE_RECORDS, WORDS } from "./words.ts";

/** struct codes, standard sizes, little-endian. */
const CODE: Readonly<Record<string, string>> = {
  u8: "B",
  u16: "H",
  u32: "I",
  i32: "i",
  i64: "q",
  u64: "Q",
  f64: "d",
  char: "s",
};

/** Text of clients/python/feedhorn_layout.py: constants, words, and per record {field: (struct code, offset)}. */
export function pythonModule(): string {
  return [
    '"""Made from src/log/layout.ts by `npm run generate`; do not edit. See docs/layout.md."""',
    "",
    ...Object.entries(CONSTANTS).map(([name, value]) => `${name} = ${value}`),
    "",
    ...Object.entries(WORDS).map(([name, words]) => `${name.toUpperCase()} = ${JSON.stringify(words)}`),
    "",
    "SIZES = {",
    ...WHOLE_RECORDS.map((layout) => `    "${layout.name}": ${layout.size},`),
    "}",
    "",
    "FIELDS = {",
    ...WHOLE_RECORDS.flatMap((layout) => [
      `    "${layout.name}": {`,
      ...layout.fields.map((field) => `        "${field.name}": ("<${code(field)}", ${field.offset}),`),
      "    },",
    ]),
    "}",
    "",
  ].join("\n");
}

function code(field: Field): string {
  const [element, count] = elements(field.type);
  return count === 1 ? CODE[element]! : `${count}${CODE[element]}`;
}
