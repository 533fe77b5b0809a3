import { connect as connectPlain } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsFiles } from "../kit/tls.ts";
import { addressText } from "./address.ts";
import type { RedisAddress } from "./address.ts";
import { RedisError, RespReader } from "./resp-reader.ts";
import type { Reply } from "./resp-reader.ts";
import { RespWriter } from "./resp-writer.ts";

export interface ConnectionOptions {
  readonly address: RedisAddress;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsFiles;
  /** As CLIENT LIST shows it. */
  readonly name: string;
  readonly connectMs: number;
  /** Longest wait for an answer, ms. */
  readonly answerMs: number;
}

/** What became of a pipeline: the errors among its answers, by the number of the command. */
export type Refusals = readonly { readonly command: number; readonly error: RedisError }[];

/** Commands that were sent and are not all answered. */
interface Waiting {
  readonly commands: number;
  readonly since: number;
  answered: number;
  readonly refusals: { command: number; error: RedisError }[];
  /** Whether the answer itself is wanted: of a single command. */
  readonly asked: ((reply: Reply) => void) | null;
  readonly done: (refusals: Refusals) => void;
  readonly failed: (error: Error) => void;
}

/** ms between two looks whether an answer is overdue. */
const LOOK_MS = 250;

/** A line of what to do about an answer to AUTH, SELECT and others: nothing of the command itself is repeated. */
const HINTS: Readonly<Record<string, string>> = {
  WRONGPASS: "check username and the variable that password_env names",
  NOAUTH: "the server wants a password: set password_env",
  NOPERM: "the user's ACL must allow what the sink does: see docs/sinks/redis.md",
  AUTH: "does it have a password at all, and users? Check username and password_env",
  SELECT: "the number behind the last / of url is that of a database",
  DENIED: "the server is in protected mode: give it a password",
};

/**
 * One connection to one Redis server. Pipelines are answered in the order they were sent; each is one write to the socket and one
 * promise. A connection that fails says so to all that wait, and is not used again.
 */
export class Connection {
  /** Called once, when it is over without `close`. */
  onLost: ((error: Error) => void) | null = null;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new RespReader();
  readonly #waiting: Waiting[] = [];
  readonly #watch: NodeJS.Timeout;
  /** Until it is greeted the limit is that of connecting. */
  #answerMs: number;
  #over: Error | null = null;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#hear(chunk));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error(`${this.#where}: the connection was closed`)));
    this.#answerMs = options.connectMs;
    this.#watch = setInterval(() => this.#look(), LOOK_MS);
    this.#watch.unref();
  }

  /** Connects, authenticates and selects the database. Errors say where, what was seen and what to do. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const socket = await connected(options);
    const connection = new Connection(socket, options);
    try {
      await connection.#greet();
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.#answerMs = options.answerMs;
    return connection;
  }

  /** Oldest pipeline without all its answers, ms; 0 when there is none. */
  get silence(): number {
    const oldest = this.#waiting[0];
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /** Sends commands; resolves when all of them are answered. The bytes are not to be changed until then. */
  send(bytes: Uint8Array, commands: number): Promise<Refusals> {
    return this.#send(bytes, commands, null);
  }

  /** One command, and its answer. Rejects with the RedisError that it is. */
  async ask(...args: readonly string[]): Promise<Reply> {
    const writer = new RespWriter();
    writer.command(args.length);
    for (const arg of args) writer.text(arg);
    let answer: Reply = null;
    await this.#send(writer.view(), 1, (reply) => {
      answer = reply;
    });
    if ((answer as Reply) instanceof RedisError) throw answer as unknown as RedisError;
    return answer;
  }

  close(): void {
    this.onLost = null;
    this.#end(new Error(`${this.#where}: closed`));
  }

  get #where(): string {
    return addressText(this.#options.address);
  }

  #send(bytes: Uint8Array, commands: number, asked: Waiting["asked"]): Promise<Refusals> {
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise((done, failed) => {
      const since = performance.now();
      this.#waiting.push({ commands, since, answered: 0, refusals: [], asked, done, failed });
      this.#socket.write(bytes);
    });
  }

  async #greet(): Promise<void> {
    const { username, password, address, name } = this.#options;
    if (password !== undefined)
      await this.#must("AUTH", ...(username === undefined ? [] : [username]), password);
    await this.#must("PING");
    if (address.database !== 0) await this.#must("SELECT", String(address.database));
    // For people who look at CLIENT LIST; a server that does not know it is as good.
    await this.ask("CLIENT", "SETNAME", `feedhorn:${name}`).catch(() => undefined);
  }

  async #must(command: string, ...args: readonly string[]): Promise<void> {
    try {
      const reply = await this.ask(command, ...args);
      const wanted = command === "PING" ? "PONG" : "OK";
      // Whoever says something else is no Redis: what it confirms later means nothing.
      if (reply !== wanted)
        throw new Error(
          `${this.#where}: expected a Redis server, saw no ${wanted} to ${command}; is it its port?`,
        );
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      const hint = HINTS[error.code] ?? HINTS[command];
      // What a stranger says of AUTH may repeat what it was given.
      const said = command === "AUTH" ? error.code : error.message;
      throw new Error(
        `${this.#where}: expected an OK to ${command}, saw "${said}"${hint === undefined ? "" : `; ${hint}`}`,
        { cause: error },
      );
    }
  }

  #hear(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
      while (this.#answer());
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** Takes one answer; false when there is none. */
  #answer(): boolean {
    const waiting = this.#waiting[0];
    if (waiting === undefined) return false;
    if (waiting.asked === null) {
      const error = this.#reader.skip();
      if (error === undefined) return false;
      if (error !== null) waiting.refusals.push({ command: waiting.answered, error });
    } else {
      const reply = this.#reader.read();
      if (reply === undefined) return false;
      waiting.asked(reply);
    }
    waiting.answered += 1;
    if (waiting.answered < waiting.commands) return true;
    this.#waiting.shift();
    waiting.done(waiting.refusals);
    return true;
  }

  #look(): void {
    if (this.silence > this.#answerMs)
      this.#end(new Error(`${this.#where}: expected an answer within ${this.#answerMs} ms, saw none`));
  }

  #end(error: Error): void {
    if (this.#over !== null) return;
    this.#over = error;
    clearInterval(this.#watch);
    this.#socket.destroy();
    for (const { failed } of this.#waiting.splice(0)) failed(error);
    this.onLost?.(error);
  }
}

/** A socket that is ready for the first command. */
function connected({ address, tls, connectMs }: ConnectionOptions): Promise<Socket> {
  const { host, port } = address;
  const where = addressText(address);
  return new Promise((resolve, reject) => {
    const socket = address.tls
      ? connectTls({ host, port, ...(tls.servername === undefined ? nameOf(host) : {}), ...tls })
      : connectPlain({ host, port });
    const refuse = (reason: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`${where}: expected a Redis server, saw ${reason}`));
    };
    const timer = setTimeout(() => refuse(`nothing within ${connectMs} ms`), connectMs);
    const onError = (error: NodeJS.ErrnoException): void => refuse(reasonOf(error));
    const onClose = (): void => refuse("the connection closed");
    socket.on("error", onError);
    socket.once("close", onClose);
    socket.once(address.tls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      socket.off("close", onClose);
      resolve(socket);
    });
  });
}

/** The name to ask for by SNI: an address is none. */
function nameOf(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? "";
  return error.message.includes(code) ? error.message : `${code} ${error.message}`;
}
