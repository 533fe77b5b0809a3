/** A TypeScript file as the walls see it. */
export interface Source {
  /** Path from the repository's root, with slashes: src/feed/session/session.ts. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings and patterns blanked, every character in its place. */
  readonly code: string;
  /** The text with comments blanked only. */
  readonly bare: string;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly from: string;
  readonly line: number;
  readonly dynamic: boolean;
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean;
  /** `export ... from`. */
  readonly passedOn: boolean;
  /** Names between the braces, as far as there are any. */
  readonly names: readonly string[];
}

export function sourceOf(path: string, text: string): Source {
  const { code, bare } = strip(text);
  return { path, text, code, bare, imports: importsOf(code, bare) };
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** src/feed/session/session.ts is of room feed; null outside src or directly in it. */
export function roomOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** Where a relative import leads: a path from the root. */
export function resolveImport(importer: string, from: string): string {
  const parts = importer.split("/").slice(0, -1);
  for (const part of from.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/").replace(/\.js$/, ".ts");
}

const STATIC = /^[ \t]*(import|export)\b\s*(type\b(?!\s+from\b)\s*)?([\w*{}\s,$]*?)\s*\bfrom\s*"([^"]+)"/gm;
const EFFECT = /^[ \t]*import\s*"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"/g;

function importsOf(code: string, bare: string): Import[] {
  const found: Import[] = [];
  const add = (match: RegExpExecArray, from: string, rest: Partial<Import>): void => {
    const at = match.index + match[0].search(/\S/);
    // Text inside a string only looks like an import: there the code is blank.
    if (/^(im|ex)port/.test(code.slice(at)))
      found.push({
        from,
        line: lineOf(bare, at),
        dynamic: false,
        typeOnly: false,
        passedOn: false,
        names: [],
        ...rest,
      });
  };
  for (const match of bare.matchAll(STATIC))
    add(match, match[4]!, {
      passedOn: match[1] === "export",
      typeOnly: match[2] !== undefined,
      names: namesOf(match[3]!),
    });
  for (const match of bare.matchAll(EFFECT)) add(match, match[1]!, {});
  for (const match of bare.matchAll(DYNAMIC)) add(match, match[1]!, { dynamic: true });
  return found;
}

function namesOf(clause: string): string[] {
  const inside = /\{([^}]*)\}/.exec(clause)?.[1] ?? "";
  return inside
    .split(",")
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type\s+/, "")
          .split(/\s+as\s+/)[0]!,
    )
    .filter((name) => name !== "");
}

const REGEX_MAY_FOLLOW =
  /(?:^|[=(,:[!&|?{};+\-*%<>~^\n]|\b(?:return|typeof|case|in|of|void|delete|throw|new|await|yield))$/;

/** Blanks comments (both results) and literals (code only). Templates keep the code between their braces. */
function strip(text: string): { code: string; bare: string } {
  const code = text.split("");
  const bare = [...code];
  const blank = (into: string[], from: number, to: number): void => {
    for (let i = from; i < to; i++) if (into[i] !== "\n") into[i] = " ";
  };
  /** Depth of braces at which each open `${` ends. */
  const templates: number[] = [];
  let depth = 0;
  for (let i = 0; i < text.length;) {
    const c = text[i]!;
    const two = text.slice(i, i + 2);
    if (two === "//" || two === "/*") {
      const end = commentEnd(text, i, two);
      blank(code, i, end);
      blank(bare, i, end);
      i = end;
    } else if (c === '"' || c === "'") {
      const end = literalEnd(text, i, c);
      blank(code, i + 1, end - 1);
      i = end;
    } else if (c === "`" || (c === "}" && templates.at(-1) === depth)) {
      if (c === "}") templates.pop();
      const end = templateEnd(text, i + 1);
      const open = text[end - 1] === "{";
      blank(code, i, end);
      if (open) templates.push(depth);
      i = end;
    } else if (c === "/" && REGEX_MAY_FOLLOW.test(lastWord(code, i))) {
      const end = regexEnd(text, i);
      blank(code, i + 1, end - 1);
      i = end;
    } else {
      if (c === "{") depth++;
      if (c === "}") depth--;
      i++;
    }
  }
  return { code: code.join(""), bare: bare.join("") };
}

/** The code just before an index, without the white space between. */
function lastWord(code: readonly string[], index: number): string {
  return code
    .slice(Math.max(0, index - 200), index)
    .join("")
    .trimEnd()
    .slice(-12);
}

function commentEnd(text: string, start: number, kind: string): number {
  const end = kind === "//" ? text.indexOf("\n", start) : text.indexOf("*/", start) + 2;
  return end <= start ? text.length : end;
}

function literalEnd(text: string, start: number, quote: string): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote || text[i] === "\n") return i + 1;
  }
  return text.length;
}

/** Just past the closing backtick, or past the `${` that interrupts the template. */
function templateEnd(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "`") return i + 1;
    else if (text[i] === "$" && text[i + 1] === "{") return i + 2;
  }
  return text.length;
}

function regexEnd(text: string, start: number): number {
  let inClass = false;
  for (let i = start + 1; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i++;
    else if (c === "[") inClass = true;
    else if (c === "]") inClass = false;
    else if (c === "\n" || (c === "/" && !inClass)) return i + 1;
  }
  return text.length;
}
