import { functionsOf } from "./functions.ts";
import { DATA_TABLES, LIMITS, ROOMS, SAYS_VENUES, TWO_ENDED, VENUE_FAMILIES, VENUE_LIST } from "./rooms.ts";
import { isTest, lineOf, resolveImport, roomOf } from "./source.ts";
import type { Import, Source } from "./source.ts";

/** A wall looks at all files of src and says each breach in words: where, what, and where it belongs. */
export type Wall = (files: readonly Source[]) => string[];

/** Arrows between rooms. */
export function arrows(files: readonly Source[]): string[] {
  return crossings(files).flatMap(({ file, line, from, to, target }) => {
    if (!ROOMS[from] || !ROOMS[to] || ROOMS[from].may.includes(to)) return [];
    const may = ROOMS[from].may.join(", ") || "nothing";
    const both = Object.keys(ROOMS).filter(
      (room) => ROOMS[room]!.may.includes(from) && ROOMS[room]!.may.includes(to),
    );
    const way = both.length > 0 ? `; ${both.join(" and ")} may use both and can pass it in` : "";
    return [
      `${file}:${line} imports ${target}, but ${from}/ (${ROOMS[from].holds}) may only import from ${may}. ${ROOMS[to].holds} belong in ${to}/${way}.`,
    ];
  });
}

/** Every file stands in a room of the table. */
export function knownRooms(files: readonly Source[]): string[] {
  return files.flatMap(({ path }) => {
    const room = roomOf(path);
    if (room !== null && ROOMS[room]) return [];
    return [`${path} stands in no room: expected one of ${Object.keys(ROOMS).join(", ")}.`];
  });
}

/** No venue imports another venue, no sink another sink. Files of a family (binance-kit.ts) serve that family only. */
export function sideways(files: readonly Source[]): string[] {
  return relative(files).flatMap(({ file, line, target }) => {
    const [mine, theirs] = [partOf(file), partOf(target)];
    if (theirs === null || mine === theirs || roomOf(file) !== roomOf(target) || isList(file)) return [];
    const plain = target.slice("src/venues/".length).replace("assembly/", "");
    const ofFamily = !plain.includes("/") && familyOf(mine ?? "") === familyOf(theirs);
    if (roomOf(file) === "venues" && ofFamily) return [];
    return [
      `${file}:${line} imports ${target}: no imports sideways. What both need goes to ${roomOf(file)}/kit.ts or down to model/.`,
    ];
  });
}

/** Doors and the list of venues name what stands side by side. */
function isList(file: string): boolean {
  return file.endsWith("/index.ts") || file === VENUE_LIST;
}

/** A package is imported by exactly one file; in sinks/ lazily. */
export function vendors(files: readonly Source[]): string[] {
  const users = new Map<string, Set<string>>();
  const breaches: string[] = [];
  for (const { path, imports } of production(files)) {
    for (const one of imports) {
      const name = packageOf(one.from);
      if (name === null) continue;
      const key = TWO_ENDED.includes(name) ? `${name} in ${roomOf(path)}/` : name;
      users.set(key, (users.get(key) ?? new Set()).add(path));
      if (roomOf(path) === "sinks" && !one.dynamic)
        breaches.push(
          `${path}:${one.line} imports ${name} eagerly: a sink imports its vendor when it opens, with await import("${name}").`,
        );
    }
  }
  for (const [name, paths] of users) {
    if (paths.size > 1)
      breaches.push(
        `${name} is imported by ${[...paths].join(" and ")}: one vendor, one file. Keep it in one and call that.`,
      );
  }
  return breaches;
}

/** Pure rooms have no world: no clock, randomness, I/O, packages or async. */
export function purity(files: readonly Source[]): string[] {
  const worldly =
    /(?<![.\w$#])(Date|performance|process|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|crypto|Buffer|console|async|await|globalThis)\b(?!\s*:)|\bMath\s*\.\s*random\b/g;
  return production(files).flatMap(({ path, code, imports }) => {
    const room = roomOf(path)!;
    if (!ROOMS[room]?.pure) return [];
    const words = [...code.matchAll(worldly)].map(
      (match) =>
        `${path}:${lineOf(code, match.index)} uses ${match[0]}: ${room}/ is pure. Take it as an argument, or move the code to a room at the edge.`,
    );
    const packages = imports
      .filter(({ from }) => !from.startsWith("."))
      .map(({ from, line }) => `${path}:${line} imports ${from}: ${room}/ is pure and imports only rooms.`);
    return [...words, ...packages];
  });
}

/** Only app/config.ts and app/config/ read the environment. */
export function environment(files: readonly Source[]): string[] {
  return production(files)
    .filter(({ path }) => !/^src\/app\/config(\/[^/]+)?\.ts$/.test(path))
    .flatMap(({ path, code }) =>
      matches(
        path,
        code,
        /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[/g,
        "reads the environment: only app/config.ts does. Take the value from the configuration.",
      ),
    );
}

/** Only log/ counts bytes of the log; venues, sinks and the simulator may count those of their own frames. */
export function offsets(files: readonly Source[]): string[] {
  const access =
    /\.(?:[gs]et(?:Big)?(?:Uint|Int|Float)\d+|(?:read|write)(?:Big)?(?:U?Int|Float|Double)\w*)\s*\(/g;
  const inside = new Set(["log", "venues", "sinks", "simulator"]);
  return [
    ...production(files)
      .filter(({ path }) => !inside.has(roomOf(path)!))
      .flatMap(({ path, code }) =>
        matches(
          path,
          code,
          access,
          "counts bytes: only log/ knows offsets. Give log/ a function that says what is wanted.",
        ),
      ),
    ...crossings(files)
      .filter(({ to, target }) => to === "log" && /\/layout[^/]*\.ts$/.test(target))
      .map(
        ({ file, line, target }) =>
          `${file}:${line} imports ${target}: only log/ knows offsets. Use the readers and writers of log/.`,
      ),
  ];
}

/** Only store/ and sinks write files; only store/ maps memory; only app/ starts threads; only some rooms reach the network. */
export function world(files: readonly Source[]): string[] {
  const writes =
    /^(write|append|truncate|ftruncate|rename|unlink|rm|mkdir|copyFile|link|symlink|createWriteStream|cp$)/;
  const network = /^(node:(net|tls|http|https|http2|dgram)|ws|undici)$/;
  return production(files).flatMap(({ path, code, imports }) => {
    const room = roomOf(path)!;
    const says = (one: Import, words: string): string => `${path}:${one.line} imports ${one.from}: ${words}`;
    return [
      ...imports
        .filter(
          ({ from, names }) =>
            /^(node:)?fs(\/promises)?$/.test(from) &&
            names.some((name) => writes.test(name)) &&
            !["store", "sinks"].includes(room),
        )
        .map((one) => says(one, "writing files belongs in store/ (bytes kept) or sinks/ (for a vendor).")),
      ...imports
        .filter(({ from }) => from === "koffi" && room !== "store")
        .map((one) => says(one, "mapping memory belongs in store/.")),
      ...imports
        .filter(({ from }) => network.test(from) && ["app", "cli", "store"].includes(room))
        .map((one) =>
          says(one, "connections belong in feed/ (data), trading/ (orders), servers/ or sinks/."),
        ),
      ...(room === "app"
        ? []
        : matches(path, code, /\bnew\s+Worker\b/g, "starts a thread: only app/ chooses who runs where.")),
    ];
  });
}

/** Only venues/<v>/ says a venue's name; prose (help, field descriptions) may give one as an example. */
export function venueNames(files: readonly Source[]): string[] {
  const name = new RegExp([...families(files)].join("|"), "gi");
  return production(files).flatMap(({ path, bare, code }) => {
    if (SAYS_VENUES.some((pattern) => pattern.test(path))) return [];
    const own = path.startsWith("src/venues/") ? brandOf(partOf(path) ?? "") : null;
    const said = [...bare.matchAll(name)].filter(
      (match) =>
        match[0].toLowerCase() !== own &&
        !isProse(code, bare, match.index) &&
        !(own !== null && isDomain(bare, match.index, match[0].length)),
    );
    return said
      .slice(0, 3)
      .map(
        (match) =>
          `${path}:${lineOf(bare, match.index)} says "${match[0]}": only venues/<venue>/ says a venue's name. Put the difference into its venue.ts as data.`,
      );
  });
}

/** Families of the venues there are: of every folder with a venue in it, and those this house was built for. */
function families(files: readonly Source[]): Set<string> {
  const folders = files.flatMap(({ path }) => /^src\/venues\/([^/]+)\/venue\.ts$/.exec(path)?.[1] ?? []);
  return new Set([...VENUE_FAMILIES, ...folders.map(brandOf)]);
}

/** Whether a word is part of an address of its own: one venue may be reached under another's domain. */
function isDomain(bare: string, index: number, length: number): boolean {
  return bare[index - 1] === "." && bare.slice(index + length).startsWith(".com");
}

/** Whether an index lies in a literal of several words. */
function isProse(code: string, bare: string, index: number): boolean {
  let [from, to] = [index, index];
  while (from > 0 && code[from - 1]!.trim() === "") from--;
  while (to < code.length && code[to]!.trim() === "") to++;
  return /[a-z:] +[a-z]/i.test(bare.slice(from, to));
}

/** No rooms or files named after nothing. */
export function emptyNames(files: readonly Source[]): string[] {
  return files.flatMap(({ path }) => {
    const bad = path
      .replace(/(\.test)?\.ts$/, "")
      .split("/")
      .find((part) => /^(utils?|helpers?|common|core|shared|misc|lib)$/i.test(part));
    return bad === undefined
      ? []
      : [`${path}: "${bad}" says nothing. Name it after what it holds; a word for everybody goes to model/.`];
  });
}

/** No circles between files. Types are gone when the program runs, so two files may name each other's. */
export function cycles(files: readonly Source[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { file, target } of relative(files, ({ typeOnly }) => !typeOnly))
    edges.set(file, [...(edges.get(file) ?? []), target]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0)
      found.push(
        `${[...trail.slice(at), file].join(" -> ")}: a circle. Move what both need into a file below them.`,
      );
    if (at >= 0 || done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return found;
}

/**
 * `export ... from` stands only in index.ts, and never passes on what was already passed on. The one exception is
 * client/index.ts: other programs have no other way to the rooms behind it. The list of venues is one line a venue.
 */
export function reexports(files: readonly Source[]): string[] {
  return production(files).flatMap(({ path, imports }) =>
    imports
      .filter(({ passedOn }) => passedOn)
      .flatMap(({ from, line }) => {
        if (path === VENUE_LIST) return [];
        if (!path.endsWith("/index.ts"))
          return [`${path}:${line} passes ${from} on: only index.ts, the door of a room, re-exports.`];
        if (
          path === "src/client/index.ts" ||
          !from.startsWith(".") ||
          !resolveImport(path, from).endsWith("/index.ts")
        )
          return [];
        return [
          `${path}:${line} passes ${from} on, which is a door itself: import from where it is written.`,
        ];
      }),
  );
}

/** Short files and short functions. */
export function sizes(files: readonly Source[]): string[] {
  const long = files.flatMap(({ path, text }) => {
    const cap = isTest(path) ? LIMITS.testCap : LIMITS.fileCap;
    const lines = lineCount(text);
    return lines > cap && !DATA_TABLES.includes(path)
      ? [`${path} has ${lines} lines, cap ${cap}: split it by what it holds.`]
      : [];
  });
  const functions = production(files).flatMap((file) =>
    functionsOf(file).map((one) => ({ ...one, path: file.path })),
  );
  const tall = functions
    .filter(({ lines }) => lines > LIMITS.functionCap)
    .map(
      ({ path, line, name, lines }) =>
        `${path}:${line} ${name} has ${lines} lines, cap ${LIMITS.functionCap}: split it.`,
    );
  const fileMedian = median(production(files).map(({ text }) => lineCount(text)));
  const functionMedian = median(functions.map(({ lines }) => lines));
  return [
    ...long,
    ...tall,
    ...(fileMedian > LIMITS.fileMedian
      ? [`The median file has ${fileMedian} lines, limit ${LIMITS.fileMedian}.`]
      : []),
    ...(functionMedian > LIMITS.functionMedian
      ? [`The median function has ${functionMedian} lines, limit ${LIMITS.functionMedian}.`]
      : []),
  ];
}

export const WALLS: Readonly<Record<string, Wall>> = {
  knownRooms,
  arrows,
  sideways,
  vendors,
  purity,
  environment,
  offsets,
  world,
  venueNames,
  emptyNames,
  cycles,
  reexports,
  sizes,
};

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function lineCount(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

function production(files: readonly Source[]): Source[] {
  return files.filter(({ path }) => !isTest(path) && path.startsWith("src/"));
}

interface Arrow {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

function relative(files: readonly Source[], wanted: (one: Import) => boolean = () => true): Arrow[] {
  return production(files).flatMap(({ path, imports }) =>
    imports
      .filter((one) => one.from.startsWith(".") && wanted(one))
      .map(({ from, line }) => ({ file: path, line, target: resolveImport(path, from) })),
  );
}

/** Imports that leave their room. */
function crossings(files: readonly Source[]): (Arrow & { from: string; to: string })[] {
  return relative(files).flatMap((arrow) => {
    const [from, to] = [roomOf(arrow.file), roomOf(arrow.target)];
    return from === null || to === null || from === to ? [] : [{ ...arrow, from, to }];
  });
}

function packageOf(from: string): string | null {
  if (from.startsWith(".") || from.startsWith("node:")) return null;
  return from.split("/", from.startsWith("@") ? 2 : 1).join("/");
}

/** The contract of sinks, and the engine that more than one of them and the queries go through. */
const OF_ALL_SINKS: ReadonlySet<string> = new Set(["sink", "duckdb"]);

/**
 * The venue or sink a file belongs to; null for what all of its room may use (kit, index, neutral names). The scanner's
 * grammars are a folder within venues/ that is named and walled like it.
 */
function partOf(path: string): string | null {
  const match = /^src\/(?:venues(?:\/assembly)?|sinks)\/([^/.]+)(\/|\.|$)/.exec(path);
  if (!match || match[1] === "kit" || match[1] === "index") return null;
  if (roomOf(path) === "sinks" && OF_ALL_SINKS.has(match[1]!)) return null;
  const ofAll = roomOf(path) === "venues" && match[2] !== "/" && familyOf(match[1]!) === null;
  return ofAll ? null : match[1]!;
}

function familyOf(part: string): string | null {
  return VENUE_FAMILIES.find((family) => part === family || part.startsWith(`${family}-`)) ?? null;
}

/** The name that a venue's folder and all its relatives begin with. */
function brandOf(part: string): string {
  return familyOf(part) ?? part.split("-")[0]!;
}

function matches(path: string, code: string, pattern: RegExp, words: string): string[] {
  return [...code.matchAll(pattern)].map((match) => `${path}:${lineOf(code, match.index)} ${words}`);
}
