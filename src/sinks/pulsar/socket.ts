import type { TlsFiles } from "../kit/tls.ts";

/** The one file that speaks WebSocket through its package. */
const load = () => import("ws");

type Package = Awaited<ReturnType<typeof load>>;
type WebSocket = InstanceType<Package["WebSocket"]>;

export interface SocketOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly tls: TlsFiles | null;
  readonly connectMs: number;
}

/** A socket of which nobody hears any more is gone: its pings are not answered for so long. */
const PING_MS = 15_000;
/** A message of Pulsar's is at most 5 MiB, in base64, with its properties, unless it is told otherwise. */
const MOST_BYTES = 64 << 20;
const MOST_ANSWER = 400;

/** A WebSocket to Pulsar, open until it is gone; what ends it is said in words. */
export class PulsarSocket {
  heard: (text: string) => void = () => undefined;
  /** It is gone, for this reason; not told when we closed it. */
  ended: (reason: string) => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #alive = true;
  #closing = false;
  /** Questions of `reached`. */
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    let reason = "";
    socket.on("error", (error) => (reason ||= error.message));
    socket.on("close", (code, words) => {
      clearInterval(this.#timer);
      if (!this.#closing) this.ended(reason || `closed with ${code} ${words.toString()}`.trim());
    });
    socket.on("message", (data: Buffer) => {
      this.#alive = true;
      this.heard(data.toString());
    });
    socket.on("pong", () => (this.#alive = true));
    this.#timer = setInterval(() => this.#ask(), PING_MS);
  }

  /** Rejects with what the server said instead. */
  static async open({ url, token, tls, connectMs }: SocketOptions): Promise<PulsarSocket> {
    const { WebSocket } = await load();
    const socket = new WebSocket(url, {
      handshakeTimeout: connectMs,
      perMessageDeflate: false,
      maxPayload: MOST_BYTES,
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      ...tls,
    });
    await new Promise<void>((resolve, reject) => {
      const refused = (words: string): void => {
        reject(new Error(`asked Pulsar at ${withoutQuery(url)}: expected a WebSocket, saw ${words}`));
        socket.on("error", () => undefined);
        socket.terminate();
      };
      socket.once("open", resolve);
      socket.once("error", (error) =>
        refused(UNANSWERED.test(error.message) ? unanswered(connectMs) : error.message),
      );
      socket.once("unexpected-response", (_, response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          if (body.length < MOST_ANSWER) body += text;
        });
        response.on("error", (error) => refused(error.message));
        response.on("end", () => refused(`${response.statusCode}: ${plain(body)}`));
      });
    });
    socket.removeAllListeners();
    return new PulsarSocket(socket);
  }

  /** Bytes that the system has not taken yet. */
  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Resolves when the server has read everything sent before, or after `ms`: it answers in the order of what it hears. */
  reached(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#socket.off("pong", heard);
        this.#socket.off("close", done);
        resolve();
      };
      const mark = String((this.#asked += 1));
      const heard = (words: Buffer): void => {
        if (words.toString() === mark) done();
      };
      const timer = setTimeout(done, ms);
      this.#socket.on("pong", heard);
      this.#socket.once("close", done);
      this.#socket.ping(mark);
    });
  }

  close(): void {
    this.#closing = true;
    clearInterval(this.#timer);
    this.#socket.close();
    // Who does not answer is left.
    setTimeout(() => this.#socket.terminate(), 500).unref();
  }

  #ask(): void {
    if (!this.#alive) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }
}

/** The package's words for it. */
const UNANSWERED = /handshake has timed out/;

function unanswered(ms: number): string {
  return `no answer within ${ms} ms; it comes when the topic is loaded: the broker's log says what that waits for`;
}

/** Error pages of its HTTP server are HTML: the sentence in them. */
function plain(body: string): string {
  const text = body.replaceAll(/<style[\s\S]*?<\/style>|<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
  return text.trim().slice(0, MOST_ANSWER);
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, "");
}
