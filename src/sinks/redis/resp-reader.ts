/** An answer of Redis: what it says is an error stands in its place. */
export type Reply = string | number | null | RedisError | Reply[];

/** What Redis says of a command it did not do: "WRONGTYPE Operation against a key ...". */
export class RedisError extends Error {
  /** First word: ERR, WRONGTYPE, OOM, ... */
  get code(): string {
    return /^\S*/.exec(this.message)![0];
  }
}

const CR = 13;
const NOTHING: Buffer = Buffer.alloc(0);
/** A bulk string or array longer than that is no answer to anything we ask. */
const MOST = 64 << 20;
const MOST_DEEP = 8;

/** Splits what a server sends (RESP 2) into answers, however it is cut into pieces. */
export class RespReader {
  #bytes: Buffer = NOTHING;
  #at = 0;

  /** Adds what came. It is kept until it is read: hand over what nobody else writes into. */
  push(chunk: Buffer): void {
    const left = this.#bytes.subarray(this.#at);
    this.#bytes = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
    this.#at = 0;
  }

  /** The next answer, or undefined when it is not all there. Throws where it is no answer. */
  read(): Reply | undefined {
    const start = this.#at;
    const reply = this.#value(0);
    if (reply === undefined) this.#at = start;
    return reply;
  }

  /** The next answer without its value: null, or the first error that it is or holds; undefined when it is not all there. */
  skip(): RedisError | null | undefined {
    const first = this.#bytes[this.#at];
    if (first === 43 || first === 58) return this.#pass() ? null : undefined;
    const reply = this.read();
    return reply === undefined ? undefined : errorIn(reply);
  }

  #value(depth: number): Reply | undefined {
    const type = this.#bytes[this.#at];
    const line = this.#line();
    if (line === undefined) return undefined;
    switch (type) {
      case 43: // +
        return line;
      case 45: // -
        return new RedisError(line);
      case 58: // :
        return Number(line);
      case 36: // $
        return this.#bulk(sizeOf(line));
      case 42: // *
        return this.#array(sizeOf(line), depth);
      default:
        throw new Error(`expected an answer of Redis, saw ${JSON.stringify(line.slice(0, 40))}`);
    }
  }

  /** Behind the line that is next; false when its end is not there. */
  #pass(): boolean {
    const end = this.#bytes.indexOf(CR, this.#at);
    if (end < 0 || end + 1 >= this.#bytes.length) return false;
    this.#at = end + 2;
    return true;
  }

  /** Without the first byte and the line's end. */
  #line(): string | undefined {
    const end = this.#bytes.indexOf(CR, this.#at);
    if (end < 0 || end + 1 >= this.#bytes.length) return undefined;
    const line = this.#bytes.toString("latin1", this.#at + 1, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(size: number): string | null | undefined {
    if (size < 0) return null;
    if (this.#at + size + 2 > this.#bytes.length) return undefined;
    const text = this.#bytes.toString("utf8", this.#at, this.#at + size);
    this.#at += size + 2;
    return text;
  }

  #array(size: number, depth: number): Reply[] | null | undefined {
    if (size < 0) return null;
    if (depth >= MOST_DEEP) throw new Error(`expected arrays at most ${MOST_DEEP} deep, saw deeper ones`);
    const values: Reply[] = [];
    for (let i = 0; i < size; i++) {
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
}

/** The answer to EXEC is an array of answers. */
function errorIn(reply: Reply): RedisError | null {
  if (reply instanceof RedisError) return reply;
  if (!Array.isArray(reply)) return null;
  return (reply.find((one) => one instanceof RedisError) as RedisError | undefined) ?? null;
}

function sizeOf(line: string): number {
  const size = Number(line);
  if (!Number.isInteger(size) || size > MOST)
    throw new Error(`expected a size, saw ${JSON.stringify(line.slice(0, 40))}`);
  return size;
}
