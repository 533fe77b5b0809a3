import type { Random } from "./venue-fuzz.ts";

/**
 * The same frame written otherwise: keys in another order, white space, keys nobody knows, numbers spelled differently.
 * Numbers and texts stay as they were written, so that nothing is lost on the way. Some changes keep what a frame means
 * and some do not: every way to read it has to see the same.
 */

type Tree =
  | { readonly kind: "scalar"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Tree[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [key: string, value: Tree])[] };

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+)/gy;

/** The tree of a JSON text whose scalars are kept as texts; null when it is none. */
function treeOf(text: string): Tree | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = [...text.matchAll(TOKEN)].map((match) => match[1]!);
  let at = 0;
  const value = (): Tree => {
    const token = tokens[at++]!;
    if (token === "[") return { kind: "list", items: several("]", value) };
    if (token === "{") return { kind: "object", entries: several("}", entry) };
    return { kind: "scalar", text: token };
  };
  const entry = (): readonly [string, Tree] => {
    const key = tokens[at]!;
    at += 2;
    return [key, value()];
  };
  const several = <T>(close: string, one: () => T): T[] => {
    const found: T[] = [];
    while (tokens[at] !== close) {
      found.push(one());
      if (tokens[at] === ",") at += 1;
    }
    at += 1;
    return found;
  };
  return value();
}

/** What is done to a frame; several at a time. */
interface Ways {
  readonly shuffle: boolean;
  readonly space: boolean;
  readonly extra: boolean;
  readonly twice: boolean;
  readonly respell: boolean;
  readonly escape: boolean;
}

const EXTRAS = [
  '"x":1',
  '"extra":{"s":"NO","price":[1,{"symbol":"no"}],"u":-1.5e-3}',
  '"note":"}],\\"b\\":["',
  '"Z":[]',
  '"y":{}',
  '"data_":null',
  '"e_":false',
  '"nested":[[[{"a":"\\u0041"}]]]',
  '"text":"{\'s\':1},:[]"',
  '"long":12345678901234567890.123',
];
const SPACES = [" ", "\n", "\t", "\r\n", "  "];
const SPELLED = [
  "1e3",
  "1E-7",
  "0.000000001",
  "12345678901234567",
  "0.12345678901234567891",
  "1.50e+2",
  "-0",
  "9e15",
]
  .concat([
    "123456789012345.123",
    "99999999.123456789",
    "0",
    "0.0",
    "1.0",
    "17",
    "9007199254740993",
    "1e400",
    "-1",
  ])
  .concat(["00", "1.", ".5", "+1"]);

function pick<T>(next: Random, from: readonly T[]): T {
  return from[Math.floor(next() * from.length)]!;
}

function shuffled<T>(next: Random, items: readonly T[]): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** A frame that is written otherwise many times: its text, and its tree where it is JSON. */
export interface Rewritable {
  readonly text: string;
  readonly tree: Tree | null;
}

export function rewritable(text: string): Rewritable {
  return { text, tree: treeOf(text) };
}

/** The frame written anew by chance; frames that are no JSON as they are. */
export function rewritten(next: Random, { text, tree }: Rewritable): string {
  if (tree === null) return text;
  const [shuffle, space, extra, twice, respell, escape] = Array.from({ length: 6 }, () => next());
  return written(next, tree, {
    shuffle: shuffle! < 0.5,
    space: space! < 0.4,
    extra: extra! < 0.4,
    twice: twice! < 0.15,
    respell: respell! < 0.25,
    escape: escape! < 0.08,
  });
}

/** All keys in another order and nothing else: no frame changes its meaning by it. */
export function reordered(next: Random, text: string): string {
  const none = { space: false, extra: false, twice: false, respell: false, escape: false };
  const tree = treeOf(text);
  return tree === null ? text : written(next, tree, { shuffle: true, ...none });
}

function written(next: Random, tree: Tree, ways: Ways): string {
  const gap = (): string => (ways.space && next() < 0.3 ? pick(next, SPACES) : "");
  if (tree.kind === "scalar") return scalar(next, tree.text, ways);
  if (tree.kind === "list")
    return `[${gap()}${tree.items.map((item) => `${gap()}${written(next, item, ways)}${gap()}`).join(",")}]`;
  const order = ways.shuffle ? shuffled(next, tree.entries) : tree.entries;
  const parts = order.map(
    ([key, value]) => `${gap()}${key}${gap()}:${gap()}${written(next, value, ways)}${gap()}`,
  );
  if (ways.extra && next() < 0.5)
    parts.splice(Math.floor(next() * (parts.length + 1)), 0, pick(next, EXTRAS));
  if (ways.twice && parts.length > 0)
    parts.splice(Math.floor(next() * (parts.length + 1)), 0, pick(next, parts));
  return `{${gap()}${parts.join(",")}}`;
}

/** Now and then a number in another spelling, or a text with an escape. */
function scalar(next: Random, text: string, ways: Ways): string {
  if (ways.respell && next() < 0.08 && /^"?-?\d/.test(text)) {
    const other = pick(next, SPELLED);
    return text.startsWith('"') ? `"${other}"` : other;
  }
  if (ways.escape && next() < 0.1 && /^"[A-Za-z]/.test(text))
    return `"\\u${text.charCodeAt(1).toString(16).padStart(4, "0")}${text.slice(2)}`;
  return text;
}
