/** What a field of a frame may be. */
export type JsonType = "null" | "boolean" | "number" | "string" | "object" | "array";

/** How a channel's frames differ from what is known of them. */
export type DriftKind = "unknown_field" | "vanished_field" | "changed_type" | "constant_value";

export interface Drift {
  readonly kind: DriftKind;
  /** What the frames told, in the caller's words (trade, book ...). */
  readonly channel: string;
  /** Keys from the outside in, `a.b`; elements of arrays are `[]`. */
  readonly path: string;
  readonly expected: string;
  readonly seen: string;
}

/** Known paths of each channel of one venue and what they may be: a table beside the venue's fixtures. */
export type Shapes = Readonly<Record<string, Readonly<Record<string, readonly JsonType[]>>>>;

/** Paths per channel; frames whose keys are data would have no end of them. */
const MOST_PATHS = 400;
const MOST_DEPTH = 12;
/** Elements of an array that are looked at: from both ends, all elements of one array being alike. */
const MOST_ELEMENTS = 4;
/** A field of this many frames, in all of them, is expected in each. */
const ALWAYS = 100;
/** In so many frames in a row it must be missing, or the same, before that is told. */
const PATIENCE = 40;
/** A field is lively when at least this share of frames brought another value than the frame before. */
const LIVELY = 0.9;
/** Proofs are never constant; where the venue's books are proved by them, whether or not they were ever seen to change. */
const PROOF = /checksum|crc/i;

interface Field {
  readonly types: Set<JsonType>;
  /** Frames that had it, and frames since the last that did. */
  present: number;
  missing: number;
  /** The last value where it is a number or text, how often it changed, and frames since it did. */
  value: number | string | null;
  changes: number;
  same: number;
  told: boolean;
}

/** Values of one frame by path: the types seen, and the first number or text. */
type Seen = Map<string, { readonly types: Set<JsonType>; value: number | string | null }>;

/**
 * Watches what a venue's frames are made of, sample by sample: fields that nobody has heard of, fields that are gone,
 * values of another type, values that stand still although they should not. Each change is told once and is then what is
 * expected. What is known comes from a table, and from the frames themselves.
 */
export class DriftJudge {
  readonly #channels = new Map<string, Map<string, Field>>();
  readonly #known: Shapes;
  readonly #proved: boolean;
  readonly #full = new Set<string>();

  /** `proved`: books of this venue stand on their checksums. Elsewhere such a field may be a remnant that is always 0. */
  constructor(known: Shapes, proved = true) {
    this.#known = known;
    this.#proved = proved;
  }

  /** One frame of a channel, parsed. Returns what is new about it. */
  judge(channel: string, frame: unknown): Drift[] {
    const fields = this.#fieldsOf(channel);
    const seen: Seen = new Map();
    walk(frame, "", 0, seen);
    const found: Drift[] = [];
    for (const [path, { types, value }] of seen) {
      const field = fields.get(path);
      if (field === undefined) found.push(...this.#fresh(channel, fields, path, types, value));
      else found.push(...again(channel, path, field, types, value, this.#proved));
    }
    for (const [path, field] of fields) if (!seen.has(path)) found.push(...without(channel, path, field));
    return found;
  }

  #fieldsOf(channel: string): Map<string, Field> {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const paths = Object.entries(this.#known[channel] ?? {});
    const fields = new Map(paths.map(([path, types]) => [path, fieldOf(types)]));
    this.#channels.set(channel, fields);
    return fields;
  }

  /** A channel that the table does not have is learned from its first frames: nothing of it is unknown. */
  #fresh(
    channel: string,
    fields: Map<string, Field>,
    path: string,
    types: ReadonlySet<JsonType>,
    value: number | string | null,
  ): Drift[] {
    if (fields.size >= MOST_PATHS) return this.#crowded(channel);
    const field = fieldOf(types);
    field.present = 1;
    field.value = value;
    fields.set(path, field);
    if (this.#known[channel] === undefined) return [];
    return [drift("unknown_field", channel, path, "no such field", [...types].join(" or "))];
  }

  #crowded(channel: string): Drift[] {
    if (this.#full.has(channel)) return [];
    this.#full.add(channel);
    return [drift("unknown_field", channel, "*", `at most ${MOST_PATHS} different fields`, "more of them")];
  }
}

/** Share of its paths that a frame must have in common with a channel to be taken for one of it. */
const ALIKE = 0.5;

/**
 * The known channel that a frame is most like, for one that nobody could read: what it has in common with a channel, of
 * all that either has. Null when it is like none.
 */
export function nearest(known: Shapes, frame: unknown): string | null {
  const paths = [...shapeOf(frame).keys()].filter((path) => path !== "");
  let best: string | null = null;
  let most = ALIKE;
  for (const [channel, shape] of Object.entries(known)) {
    const common = paths.filter((path) => shape[path] !== undefined).length;
    const share = common / (paths.length + Object.keys(shape).length - 1 - common);
    if (!(share >= most)) continue;
    most = share;
    best = channel;
  }
  return best;
}

/** A table of known frames, `path:types` apart by spaces for each channel, types by their first letters, `z` for null. */
export function shapesOf(table: Readonly<Record<string, string>>): Shapes {
  return Object.fromEntries(
    Object.entries(table).map(([channel, text]) => [
      channel,
      Object.fromEntries(text.split(" ").map((one) => pathOf(one))),
    ]),
  );
}

const TYPES: readonly JsonType[] = ["boolean", "number", "string", "object", "array"];

function pathOf(text: string): [string, readonly JsonType[]] {
  const at = text.lastIndexOf(":");
  const letters = text.slice(at + 1).split("");
  return [
    text.slice(0, at),
    letters.map((letter) => TYPES.find((type) => type.startsWith(letter)) ?? "null"),
  ];
}

/** What a frame is made of: types by path. For tables of known shapes. */
export function shapeOf(frame: unknown): Map<string, ReadonlySet<JsonType>> {
  const seen: Seen = new Map();
  walk(frame, "", 0, seen);
  return new Map([...seen].map(([path, { types }]) => [path, types]));
}

function fieldOf(types: Iterable<JsonType>): Field {
  return { types: new Set(types), present: 0, missing: 0, value: null, changes: 0, same: 0, told: false };
}

/** A known field is there. */
function again(
  channel: string,
  path: string,
  field: Field,
  types: ReadonlySet<JsonType>,
  value: number | string | null,
  proved: boolean,
): Drift[] {
  const found: Drift[] = [];
  const strange = [...types].filter((one) => !field.types.has(one));
  if (strange.length > 0) {
    const expected = [...field.types].join(" or ");
    for (const one of strange) field.types.add(one);
    found.push(drift("changed_type", channel, path, expected, strange.join(" or ")));
  }
  if (stands(path, field, value, proved)) found.push(still(channel, path, field));
  field.present += 1;
  field.missing = 0;
  field.value = value;
  return found;
}

/** Whether the field has just been the same for too long, once. */
function stands(path: string, field: Field, value: number | string | null, proved: boolean): boolean {
  if (field.present === 0 || value === null) return false;
  if (value !== field.value) {
    field.changes += 1;
    field.same = 0;
    field.told = false;
    return false;
  }
  const lively = field.present >= ALWAYS && field.changes >= LIVELY * (field.present - field.same);
  field.same += 1;
  const proof = PROOF.test(path) && (proved || field.changes > 0);
  if (field.told || field.same < PATIENCE || !(lively || proof)) return false;
  field.told = true;
  return true;
}

function still(channel: string, path: string, { same, value }: Field): Drift {
  const seen = `${JSON.stringify(value).slice(0, 40)} in ${same + 1} frames in a row`;
  return drift("constant_value", channel, path, "a value that changes from frame to frame", seen);
}

/** A known field is not in the frame. */
function without(channel: string, path: string, field: Field): Drift[] {
  if (field.present < ALWAYS) {
    field.present = 0;
    return [];
  }
  field.missing += 1;
  if (field.missing < PATIENCE) return [];
  const { present, missing } = field;
  field.present = 0;
  field.missing = 0;
  const seen = `none in ${missing} frames in a row`;
  return [drift("vanished_field", channel, path, `a field of all of ${present} frames`, seen)];
}

function drift(kind: DriftKind, channel: string, path: string, expected: string, seen: string): Drift {
  return { kind, channel, path, expected, seen };
}

function walk(value: unknown, path: string, depth: number, seen: Seen): void {
  const type = typeOf(value);
  const plain = typeof value === "number" || typeof value === "string" ? value : null;
  const before = seen.get(path);
  if (before === undefined) seen.set(path, { types: new Set([type]), value: plain });
  else before.types.add(type);
  if (depth >= MOST_DEPTH || seen.size > MOST_PATHS) return;
  if (Array.isArray(value)) for (const one of ends(value)) walk(one, `${path}[]`, depth + 1, seen);
  else if (typeof value === "object" && value !== null)
    for (const [key, one] of Object.entries(value))
      walk(one, path === "" ? key : `${path}.${key}`, depth + 1, seen);
}

function ends(list: readonly unknown[]): readonly unknown[] {
  const half = MOST_ELEMENTS / 2;
  return list.length <= MOST_ELEMENTS ? list : [...list.slice(0, half), ...list.slice(-half)];
}

function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}
