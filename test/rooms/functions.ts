import { lineOf } from "./source.ts";
import type { Source } from "./source.ts";

export interface FunctionSize {
  readonly name: string;
  readonly line: number;
  /** Lines of the body that hold code, braces included. */
  readonly lines: number;
}

const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "await"]);

/** Every function with a body in braces. Arrow functions that are one expression are not counted. */
export function functionsOf({ code }: Source): FunctionSize[] {
  const pairs = pairsOf(code);
  const bodies = new Map<number, string>();
  for (const [open, close] of pairs) {
    if (code[open] !== "(") continue;
    const name = nameBefore(code, open);
    const body = CONTROL.has(name) ? -1 : bodyAfter(code, pairs, close + 1);
    if (body >= 0) bodies.set(body, name);
  }
  for (const match of code.matchAll(/=>\s*\{/g)) {
    const open = match.index + match[0].length - 1;
    if (!bodies.has(open) && pairs.has(open)) bodies.set(open, arrowName(code, match.index));
  }
  return [...bodies]
    .map(([open, name]) => sizeOf(code, open, pairs.get(open)!, name))
    .toSorted((a, b) => a.line - b.line);
}

function sizeOf(code: string, open: number, close: number, name: string): FunctionSize {
  const lines = code
    .slice(open, close + 1)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
  return { name: name || "(anonymous)", line: lineOf(code, open), lines };
}

/** Index of each opening bracket to the index of its closing one. */
function pairsOf(code: string): Map<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < code.length; i++) {
    if ("([{".includes(code[i]!)) open.push(i);
    else if (")]}".includes(code[i]!)) {
      const start = open.pop();
      if (start !== undefined) pairs.set(start, i);
    }
  }
  return pairs;
}

function nameBefore(code: string, open: number): string {
  const before = code
    .slice(Math.max(0, open - 200), open)
    .replace(/<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>\s*$/, "");
  return /([#\w$]+)\s*$/.exec(before)?.[1] ?? "";
}

function arrowName(code: string, arrow: number): string {
  return /([#\w$]+)\s*[:=][^;\n]*$/.exec(code.slice(Math.max(0, arrow - 200), arrow))?.[1] ?? "";
}

/** Start of the body behind a parameter list that ends before `at`, past any return type; -1 without a body. */
function bodyAfter(code: string, pairs: ReadonlyMap<number, number>, at: number): number {
  const next = skipSpace(code, at);
  if (code[next] === "{") return next;
  if (code[next] !== ":") return -1;
  return afterType(code, pairs, next + 1);
}

/** Walks over a type; a brace where an operator was due is the body. */
function afterType(code: string, pairs: ReadonlyMap<number, number>, start: number): number {
  let due = true;
  let group = false;
  for (let p = skipSpace(code, start); p < code.length; p = skipSpace(code, p)) {
    const c = code[p]!;
    if (c === "{" && !due) return p;
    if ("{([".includes(c)) {
      if (!pairs.has(p) || (!due && c === "(")) return -1;
      group = c === "(";
      p = pairs.get(p)! + 1;
      due = false;
    } else if (c === "<") p = angleEnd(code, p);
    else if (c === "|" || c === "&") {
      due = true;
      p++;
    } else if (code.startsWith("=>", p)) {
      if (!group) return -1;
      due = true;
      p += 2;
    } else if (c === '"' || c === "'") {
      p = code.indexOf(c, p + 1) + 1;
      due = false;
    } else {
      const word = /^[\w$.]+/.exec(code.slice(p, p + 100))?.[0] ?? "";
      if (word === "" || (!due && word !== "is")) return -1;
      due = /^(is|asserts|keyof|typeof|readonly|infer|unique)$/.test(word);
      group = false;
      p += word.length;
    }
  }
  return -1;
}

function angleEnd(code: string, start: number): number {
  let depth = 0;
  for (let p = start; p < code.length; p++) {
    if (code[p] === "<") depth++;
    else if (code[p] === ">" && code[p - 1] !== "=" && --depth === 0) return p + 1;
  }
  return code.length;
}

function skipSpace(code: string, at: number): number {
  let p = at;
  while (p < code.length && /\s/.test(code[p]!)) p++;
  return p;
}
