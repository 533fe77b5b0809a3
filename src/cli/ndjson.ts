/** Bytes gathered before they are written. */
const CHUNK = 1 << 16;

/** Lines of JSON to a stream, gathered into large writes; `settle` waits while the stream is full. */
export class NdjsonOutput {
  readonly #stream: NodeJS.WritableStream;
  #text = "";
  #full = false;
  /** Lines written. */
  lines = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  print(value: object): void {
    this.#text += `${JSON.stringify(value)}\n`;
    this.lines += 1;
    if (this.#text.length >= CHUNK) this.flush();
  }

  /** Writes what is gathered and resolves when the stream takes more. */
  async settle(): Promise<void> {
    this.flush();
    if (!this.#full) return;
    await new Promise((resolve) => this.#stream.once("drain", resolve));
    this.#full = false;
  }

  /** Writes what is gathered, without waiting. */
  flush(): void {
    if (this.#text === "") return;
    if (!this.#stream.write(this.#text)) this.#full = true;
    this.#text = "";
  }
}
