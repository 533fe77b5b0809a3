import type { SinkHost } from "../sink.ts";
import { tlsFiles } from "../kit/tls.ts";
import type { NatsOptions } from "./options.ts";

/** The one file that speaks to NATS through its package. */
const load = () => import("@nats-io/transport-node");

type Package = Awaited<ReturnType<typeof load>>;
type NatsConnection = Awaited<ReturnType<Package["connect"]>>;
type Authenticator = ReturnType<Package["tokenAuthenticator"]>;
type MsgHdrs = ReturnType<Package["headers"]>;

const CONNECT_MS = 5000;
const REQUEST_MS = 15_000;
/** A server that has not answered for so long is gone: two pings, ms. */
const PING_MS = 10_000;

/** A connection that is never mended: what breaks it ends it, and the sink begins again. */
export interface NatsLink {
  /** Longest message, headers included, bytes. */
  readonly maxPayload: number;
  /** Resolves with the reason when the connection is gone. */
  readonly closed: Promise<string>;
  /** Sends; `head` are the bytes of its headers, "" for none; `reply` where it is to be answered. */
  publish(subject: string, head: Uint8Array | null, body: Uint8Array, reply: string): void;
  /** Answers to `<returned subject>.<n>`, by n. `status`: of answers without a body. */
  answers(heard: (n: number, text: string, status: number) => void): string;
  /** The answer to a request, as text. Rejects after 15 s. */
  request(subject: string, body: string): Promise<string>;
  /** Everything sent so far is at the server. */
  reached(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects, in words without secrets, while there is no server or it does not let us in. */
export async function openLink(options: NatsOptions, host: SinkHost): Promise<NatsLink> {
  const nats = await load();
  const { servers, user, tls } = options;
  const authenticator = await authenticatorOf(options, host.secrets);
  let connection: NatsConnection;
  try {
    connection = await nats.connect({
      servers: [...servers],
      name: `feedhorn ${host.name}`,
      timeout: CONNECT_MS,
      pingInterval: PING_MS,
      reconnect: false,
      noAsyncTraces: true,
      ...(authenticator === null ? {} : { authenticator }),
      ...(tls === undefined ? {} : { tls: tlsFiles(tls) }),
    });
  } catch (error) {
    const as = user === undefined ? "" : ` as ${user}`;
    throw new Error(`nats: expected a server at ${servers.join(", ")}${as}, saw ${words(error)}`, {
      cause: error,
    });
  }
  return new Link(connection, nats.createInbox());
}

async function authenticatorOf(
  { user, credentials_file: file }: NatsOptions,
  secrets: Readonly<Record<string, string>>,
): Promise<Authenticator | null> {
  const nats = await load();
  const seed = secrets["nkey_env"];
  if (seed !== undefined) return nats.nkeyAuthenticator(bytesOf(seed));
  if (file !== undefined) return nats.credsAuthenticator(await credentials(file));
  const token = secrets["token_env"];
  if (token !== undefined) return nats.tokenAuthenticator(token);
  return user === undefined ? null : nats.usernamePasswordAuthenticator(user, secrets["password_env"]);
}

async function credentials(path: string): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "no access";
    throw new Error(`credentials_file: expected a readable file, saw ${reason} of ${path}`, { cause: error });
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Errors of the package may have long tails; their first line says what it is. */
function words(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]!.slice(0, 200);
}

/** All that `publish` asks of headers; made anew for every message, the package's own cost more than the message. */
class Head {
  bytes: Uint8Array = new Uint8Array(0);
  encode(): Uint8Array {
    return this.bytes;
  }
}

class Link implements NatsLink {
  readonly closed: Promise<string>;
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #head = new Head();
  /** What the package takes for headers: it only asks them for their bytes. */
  readonly #headers = this.#head as unknown as MsgHdrs;

  constructor(connection: NatsConnection, inbox: string) {
    this.#connection = connection;
    this.#inbox = inbox;
    this.closed = connection
      .closed()
      .then((error) => (error instanceof Error ? words(error) : "the connection was closed"));
  }

  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1_048_576;
  }

  publish(subject: string, head: Uint8Array | null, body: Uint8Array, reply: string): void {
    if (head === null) this.#connection.publish(subject, body);
    else {
      this.#head.bytes = head;
      this.#connection.publish(subject, body, { headers: this.#headers, reply });
    }
  }

  answers(heard: (n: number, text: string, status: number) => void): string {
    const inbox = this.#inbox;
    this.#connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error !== null) return;
        const n = Number(message.subject.slice(inbox.length + 1));
        heard(n, message.string(), message.headers?.code ?? 0);
      },
    });
    return inbox;
  }

  async request(subject: string, body: string): Promise<string> {
    try {
      return (await this.#connection.request(subject, body, { timeout: REQUEST_MS })).string();
    } catch (error) {
      throw new Error(`nats: expected an answer to ${subject}, saw ${words(error)}`, { cause: error });
    }
  }

  async reached(): Promise<void> {
    await this.#connection.flush();
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}
