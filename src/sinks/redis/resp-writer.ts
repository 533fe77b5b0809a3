/** Bytes kept for the next pipeline when one was larger than that. */
const KEEP_BYTES = 1 << 20;
const FIRST_BYTES = 1 << 14;
/** Longest head of an argument: "$", ten digits, CR LF. */
const HEAD_BYTES = 13;

const STAR = 42;
const DOLLAR = 36;
const CR = 13;
const LF = 10;

/**
 * Commands as bytes of the Redis protocol (RESP 2, https://redis.io/docs/latest/develop/reference/protocol-spec): an array of bulk
 * strings, `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`. Texts go straight into one block of memory, which is used again for each pipeline.
 */
export class RespWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #at = 0;
  #commands = 0;

  get bytes(): number {
    return this.#at;
  }

  get commands(): number {
    return this.#commands;
  }

  /** Begins a command of so many arguments, its name included. */
  command(args: number): void {
    this.#room(HEAD_BYTES);
    this.#head(STAR, args);
    this.#commands += 1;
  }

  /** One argument. */
  text(value: string): void {
    // Text is nearly always ASCII, one byte a character; up to three where it is not.
    this.#room(HEAD_BYTES + 3 * value.length + 2);
    const start = this.#at;
    this.#head(DOLLAR, value.length);
    const written = this.#bytes.write(value, this.#at);
    if (written === value.length) this.#at += written;
    else {
      this.#at = start;
      this.#head(DOLLAR, written);
      this.#at += this.#bytes.write(value, this.#at);
    }
    this.#end();
  }

  /** One argument that is bytes already: the first `length` of them. */
  blob(bytes: Uint8Array, length: number): void {
    this.#room(HEAD_BYTES + length + 2);
    this.#head(DOLLAR, length);
    this.#bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#at);
    this.#at += length;
    this.#end();
  }

  /** Arguments written before, by `argumentsOf`. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What was written since the last `clear`; valid until the next one. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#at = 0;
    this.#commands = 0;
  }

  #head(sign: number, value: number): void {
    const bytes = this.#bytes;
    bytes[this.#at++] = sign;
    let digits = 1;
    for (let most = 10; most <= value; most *= 10) digits++;
    const end = this.#at + digits;
    let rest = value;
    for (let at = end - 1; at >= this.#at; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    this.#at = end;
    this.#end();
  }

  #end(): void {
    this.#bytes[this.#at++] = CR;
    this.#bytes[this.#at++] = LF;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#at + more));
    this.#bytes.copy(bytes, 0, 0, this.#at);
    this.#bytes = bytes;
  }
}

/** Arguments that come again and again, as `raw` takes them. */
export function argumentsOf(...texts: readonly string[]): Uint8Array {
  const writer = new RespWriter();
  for (const text of texts) writer.text(text);
  return Uint8Array.from(writer.view());
}
