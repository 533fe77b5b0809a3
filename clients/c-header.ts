import type { Field, RecordLayout } from "../src/log/index.ts";
import { elements } from "../src/log/index.ts";
import { CONSTANTS, gapBefore, WHOLE_RECORDS, WORDS } from "./words.ts";

const C_TYPE: Readonly<Record<string, string>> = {
  u8: "uint8_t",
  u16: "uint16_t",
  u32: "uint32_t",
  i32: "int32_t",
  i64: "int64_t",
  u64: "uint64_t",
  f64: "double",
  char: "char",
};

/** Text of clients/c/feedhorn.h: one struct per record, and the proof that the compiler lays it out the same. */
export function cHeader(): string {
  return [
    "/* Made from src/log/layout.ts by `npm run generate`; do not edit. See docs/layout.md. */",
    "#ifndef FEEDHORN_H\n#define FEEDHORN_H",
    "#include <assert.h>\n#include <stddef.h>\n#include <stdint.h>\n",
    ...Object.entries(CONSTANTS).map(([name, value]) => `#define FH_${name} ${value}u`),
    "",
    ...Object.entries(WORDS).map(([name, words]) => wordList(name, words)),
    "",
    ...WHOLE_RECORDS.map(struct),
    "#endif\n",
  ].join("\n");
}

function wordList(name: string, words: readonly string[]): string {
  return `static const char *const fh_${name}[] = {${words.map((word) => JSON.stringify(word)).join(", ")}};`;
}

function struct(layout: RecordLayout): string {
  const name = `fh_${layout.name}`;
  const lines = layout.fields.flatMap((field, i) => [...pad(gapBefore(layout.fields, i), i), member(field)]);
  const last = layout.fields.at(-1);
  const end = last === undefined ? 0 : last.offset + last.size;
  const checks = layout.fields.map(
    (field) =>
      `static_assert(offsetof(${name}, ${field.name}) == ${field.offset}, "${layout.name}.${field.name}");`,
  );
  return [
    `/* ${layout.doc} */`,
    "typedef struct {",
    ...lines,
    ...pad(layout.size - end, layout.fields.length),
    `} ${name};`,
    `static_assert(sizeof(${name}) == ${layout.size}, "${layout.name}");`,
    ...checks,
    "",
  ].join("\n");
}

function member(field: Field): string {
  const [element, count] = elements(field.type);
  const array = count > 1 ? `[${count}]` : "";
  const text = `  ${C_TYPE[element]} ${field.name}${array};`;
  return field.doc === "" ? text : `${text} /* ${field.doc} */`;
}

function pad(bytes: number, i: number): string[] {
  return bytes > 0 ? [`  uint8_t unused_${i}[${bytes}];`] : [];
}
