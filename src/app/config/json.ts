/** Where and why a text is not JSON. JSON.parse gives no position for many errors and keeps the last of equal keys. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/uy;
const MAX_DEPTH = 64;

class Fault extends Error {
  readonly at: number;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** The first fault of a JSON text, or null. Duplicate keys count as one. */
export function jsonErrorAt(text: string): JsonFault | null {
  try {
    new Scanner(text).document();
    return null;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const before = text.slice(0, error.at).split("\n");
    return { line: before.length, column: before.at(-1)!.length + 1, reason: error.message };
  }
}

class Scanner {
  readonly #text: string;
  #end = 0;
  #start = 0;
  #token = "";

  constructor(text: string) {
    this.#text = text;
    this.#next();
  }

  document(): void {
    this.#value(0);
    if (this.#token !== "") this.#fail("the end of the file");
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) throw new Fault(this.#start, `nested deeper than ${MAX_DEPTH}`);
    if (this.#token === "{") this.#object(depth);
    else if (this.#token === "[") this.#list("]", () => this.#value(depth + 1));
    else if (/^["\-\dtfn]/.test(this.#token)) this.#next();
    else this.#fail("a value");
  }

  #object(depth: number): void {
    const seen = new Set<string>();
    this.#list("}", () => {
      if (!this.#token.startsWith('"')) this.#fail("a key in double quotes");
      const key = JSON.parse(this.#token) as string;
      if (seen.has(key)) throw new Fault(this.#start, `key ${this.#token} appears twice`);
      seen.add(key);
      this.#next();
      this.#take(":");
      this.#value(depth + 1);
    });
  }

  #list(close: string, item: () => void): void {
    this.#next();
    if (this.#token !== close) {
      item();
      while (this.#token === ",") {
        this.#next();
        item();
      }
      if (this.#token !== close) this.#fail(`"," or "${close}"`);
    }
    this.#next();
  }

  #take(token: string): void {
    if (this.#token !== token) this.#fail(`"${token}"`);
    this.#next();
  }

  #next(): void {
    TOKEN.lastIndex = this.#end;
    const match = TOKEN.exec(this.#text);
    this.#token = match ? (match[1] ?? match[2] ?? match[3])! : "";
    this.#start = this.#end + this.#text.slice(this.#end).search(/[^\t\n\r ]|$/);
    if (match) this.#end = TOKEN.lastIndex;
    else if (this.#start < this.#text.length) this.#fail("JSON");
  }

  #fail(expected: string): never {
    const seen = this.#text.slice(this.#start, this.#start + 20).split("\n", 1)[0]!;
    throw new Fault(
      this.#start,
      `expected ${expected}, saw ${seen === "" ? "the end of the file" : JSON.stringify(seen)}`,
    );
  }
}
