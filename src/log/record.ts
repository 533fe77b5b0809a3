/**
 * A record of bytes as data: names, types and documentation go in, offsets come out.
 * The code, the C header, the Python module, the byte map and the layout hash are all made from the same records.
 */
export type FieldType =
  | "u8"
  | "u16"
  | "u32"
  | "i32"
  | "i64"
  | "u64"
  | "f64"
  | `char[${number}]`
  | `f64[${number}]`;

/** Type, what it means, and the offset when it is not simply the next aligned one. */
export type FieldSpec = readonly [type: FieldType, doc: string, at?: number];

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly doc: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

export interface RecordLayout {
  readonly name: string;
  readonly doc: string;
  /** Bytes; rows of a table are this far apart. */
  readonly size: number;
  readonly fields: readonly Field[];
}

/** A record whose offsets can be asked for by field name, checked by the compiler. */
export interface Layout<Name extends string> extends RecordLayout {
  readonly at: Readonly<Record<Name, number>>;
}

const SCALAR_SIZE: Readonly<Record<string, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  i32: 4,
  i64: 8,
  u64: 8,
  f64: 8,
};

/** Element type and element count of a field type: "f64[100]" is ["f64", 100], "u8" is ["u8", 1]. */
export function elements(type: FieldType): readonly [type: string, count: number] {
  const bracket = type.indexOf("[");
  return bracket < 0 ? [type, 1] : [type.slice(0, bracket), Number(type.slice(bracket + 1, -1))];
}

function elementSize(type: string): number {
  return type === "char" ? 1 : SCALAR_SIZE[type]!;
}

function place(name: string, spec: FieldSpec, end: number): Field {
  const [type, doc, fixed] = spec;
  const [element, count] = elements(type);
  const size = elementSize(element);
  const offset = fixed ?? Math.ceil(end / size) * size;
  if (offset < end) throw new RangeError(`field ${name}: expected an offset >= ${end}, saw ${offset}`);
  if (offset % size !== 0)
    throw new RangeError(`field ${name}: expected an offset aligned to ${size}, saw ${offset}`);
  return { name, type, doc, offset, size: size * count };
}

/**
 * Lays fields out in order, each at its natural alignment, from byte `start` of a record of `size` bytes.
 * Throws RangeError when a field overlaps, is misaligned or does not fit.
 */
export function record<Name extends string>(
  name: string,
  doc: string,
  span: { readonly start?: number; readonly size: number },
  specs: Readonly<Record<Name, FieldSpec>>,
): Layout<Name> {
  const fields: Field[] = [];
  let end = span.start ?? 0;
  for (const key of Object.keys(specs) as Name[]) {
    const field = place(key, specs[key], end);
    fields.push(field);
    end = field.offset + field.size;
  }
  if (end > span.size)
    throw new RangeError(`record ${name}: expected at most ${span.size} bytes, saw ${end}`);
  const at = Object.fromEntries(fields.map((field) => [field.name, field.offset])) as Record<Name, number>;
  return { name, doc, size: span.size, fields, at };
}

/** One line per record and field, without documentation: what the layout hash is taken over. */
export function canonicalText(records: readonly RecordLayout[]): string {
  const line = (field: Field): string => `  ${field.name} ${field.type} ${field.offset}\n`;
  return records.map(({ name, size, fields }) => `${name} ${size}\n${fields.map(line).join("")}`).join("");
}

/** FNV-1a over the characters of an ASCII text, as an unsigned 32-bit integer. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
