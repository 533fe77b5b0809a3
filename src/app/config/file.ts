import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { LineCounter, parseDocument } from "yaml";
import { jsonErrorAt } from "./json.ts";
import { ConfigError } from "./error.ts";

const MAX_BYTES = 1 << 20;

/** Reads a YAML, TOML or JSON file, chosen by its extension. Throws ConfigError with line and column. */
export function readConfigFile(file: string): unknown {
  const read = READERS[extname(file).toLowerCase()];
  if (!read) throw new ConfigError([`${file}: expected a name ending in .yaml, .yml, .toml or .json`]);
  return read(file, textOf(file).replace(/^\uFEFF/, ""));
}

const READERS: Record<string, (file: string, text: string) => unknown> = {
  ".yaml": readYaml,
  ".yml": readYaml,
  ".toml": readToml,
  ".json": readJson,
};

function textOf(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes, saw ${size}`);
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known: Record<string, string> = {
      ENOENT: "no such file",
      EACCES: "not permitted to read it",
      EISDIR: "a folder, not a file",
    };
    throw new ConfigError([`${file}: ${known[code ?? ""] ?? message}`], { cause: error });
  }
}

function readYaml(file: string, text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const wrong = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return `${file}:${line}:${col}: ${firstLine(error.message)}`;
  });
  if (wrong.length > 0) throw new ConfigError(wrong);
  return document.toJS({ maxAliasCount: 100 }) as unknown;
}

function readToml(file: string, text: string): unknown {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = firstLine(error.message).replace(/^Invalid TOML document: /, "");
    throw new ConfigError([`${file}:${error.line}:${error.column}: ${reason}`], { cause: error });
  }
}

function readJson(file: string, text: string): unknown {
  const wrong = jsonErrorAt(text);
  if (wrong) throw new ConfigError([`${file}:${wrong.line}:${wrong.column}: ${wrong.reason}`]);
  return JSON.parse(text) as unknown;
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!;
}
