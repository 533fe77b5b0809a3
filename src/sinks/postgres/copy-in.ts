/** Bytes of one message of data: the server begins with the first while the next is on its way. */
const PIECE = 65_536;
const DATA = 0x64;
const DONE = 0x63;

/** What a statement of the package pg is told of its connection and its answer. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void; write(bytes: Uint8Array): boolean };
  query(text: string): void;
}

/**
 * COPY .. FROM STDIN with all its data at hand. Written here because a stream is no use for bytes that are there already, and
 * because what the server refuses in the middle must leave the connection whole: what is sent after that the server passes over.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
export class CopyIn {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #data: readonly Uint8Array[];
  #settle: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(text: string, data: readonly Uint8Array[]) {
    this.#text = text;
    this.#data = data;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  submit(connection: unknown): void {
    (connection as Wire).query(this.#text);
  }

  handleCopyInResponse(connection: Wire): void {
    const { stream } = connection;
    stream.cork();
    for (const data of this.#data)
      for (let at = 0; at < data.length; at += PIECE) {
        const piece = data.subarray(at, at + PIECE);
        stream.write(message(DATA, piece.length));
        stream.write(piece);
      }
    stream.write(message(DONE, 0));
    stream.uncork();
  }

  handleError(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = null;
  }

  handleReadyForQuery(): void {
    this.#settle?.resolve();
    this.#settle = null;
  }

  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}

  /** The package looks for one to put its own time limit around. */
  callback(): void {}
}

function message(kind: number, length: number): Uint8Array {
  const head = Buffer.allocUnsafe(5);
  head[0] = kind;
  head.writeUInt32BE(length + 4, 1);
  return head;
}
