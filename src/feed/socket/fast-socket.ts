import { connect, isIP } from "node:net";
import type { OnReadOpts, Socket as Connection } from "node:net";
import { connect as connectSecure } from "node:tls";
import { FrameReader, READER_SLAB, READ_AREA } from "./frame-reader.ts";
import type { FrameEvents } from "./frame-reader.ts";
import { SENT, clientFrame, closeFrame } from "./frame-writer.ts";
import { Handshake } from "./handshake.ts";
import { Inflater } from "./inflate.ts";
import type { OpenSocket, SlabSource, Socket, SocketEvents, SocketOptions } from "./socket.ts";
import { openTunnel } from "./tunnel.ts";
import { Slab } from "../../model/index.ts";

const CLOSE_GRACE_MS = 1000;
/** What we send is small and rare: this much of it unsent means that the other side does not listen any more. */
const MAX_UNSENT = 1 << 20;
/** Bytes of one large message read without a look at other sockets: the system may have all of it, and we copy it. */
const BREATH = 1 << 20;
/** The connection ended without a close frame (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

const EMPTY = new Uint8Array(0);
const HEAP: SlabSource = { take: (capacity) => new Slab(capacity), give: () => undefined };

type Phase = "connecting" | "open" | "closing" | "closed";

/**
 * A websocket client of our own (decision 11): reads land in a slab of the socket and are parsed in place, nothing is
 * allocated per message. The lane's slab is not used. Throws for a URL (the proxy's too) or a header that cannot be used.
 */
export const openFastSocket: OpenSocket = (url, _slab, options, events) =>
  new FastSocket(targetOf(url), options, events);

function targetOf(text: string): URL {
  const url = new URL(text);
  if (url.protocol === "ws:" || url.protocol === "wss:") return url;
  throw new SyntaxError(`expected a URL that begins with ws:// or wss://, saw ${url.protocol}//`);
}

class FastSocket implements Socket {
  readonly #url: URL;
  readonly #events: SocketEvents;
  readonly #slabs: SlabSource;
  readonly #slab: Slab;
  /** Until it is open. */
  #handshake: Handshake | null;
  readonly #reader: FrameReader;
  readonly #maxFrame: number;
  #phase: Phase = "connecting";
  /** What stands for the connection until there is one: gives up asking the proxy. */
  #giveUp: () => void = () => undefined;
  #connection: Connection | null = null;
  #timer: NodeJS.Timeout;
  #code = ABNORMAL;
  #reason = "";
  #told = false;
  /** Bytes of the message being gathered when other sockets had their turn last. */
  #breath = 0;
  /** What happened while reading was paused, to be told behind what came before it. */
  #late: (() => void) | null = null;

  constructor(url: URL, options: SocketOptions, events: SocketEvents) {
    this.#url = url;
    this.#events = events;
    this.#handshake = new Handshake(url, options.headers, options.compression);
    this.#maxFrame = options.maxFrame;
    const proxy = options.proxy === null ? null : new URL(options.proxy);
    // Whatever throws has thrown: what is taken from here on is given back in #finish.
    this.#slabs = options.slabs ?? HEAP;
    this.#slab = this.#slabs.take(READER_SLAB);
    this.#reader = new FrameReader(this.#slab, options.maxFrame, this.#listen());
    if (proxy === null) this.#dial();
    else this.#tunnel(proxy, options.openTimeoutMs);
    this.#timer = setTimeout(() => this.#abort("Opening handshake has timed out"), options.openTimeoutMs);
  }

  send(text: string): void {
    if (this.#phase === "open") this.#write(clientFrame(SENT.TEXT, Buffer.from(text)));
  }

  ping(): void {
    if (this.#phase === "open") this.#write(clientFrame(SENT.PING, EMPTY));
  }

  close(code: number, reason: string): void {
    if (this.#phase === "connecting")
      this.#abort("WebSocket was closed before the connection was established");
    else if (this.#phase === "open") this.#bye(closeFrame(code, reason), "no answer to our close frame");
  }

  #dial(): void {
    const { host, port, secure } = addressOf(this.#url);
    const onread: OnReadOpts = {
      buffer: this.#reader.area,
      callback: (count) => {
        this.#read(count);
        return true;
      },
    };
    const options = { host, port, onread };
    this.#attach(secure ? connectSecure({ ...options, servername: nameOf(host) }) : connect(options));
  }

  /** Sockets out of a tunnel were made by others and do not read into the slab by themselves. */
  #tunnel(proxy: URL, timeoutMs: number): void {
    const { host, port, secure } = addressOf(this.#url);
    const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const asking = openTunnel(proxy, authority, timeoutMs, {
      open: (socket) => {
        if (this.#phase === "closed") return this.#tooLate(socket);
        const end = secure ? connectSecure({ socket, servername: nameOf(host) }) : socket;
        end.on("data", (chunk: Buffer) => this.#copy(chunk));
        this.#attach(end);
        if (!secure) this.#ask(end);
      },
      failed: (reason) => {
        this.#because(reason);
        this.#finish();
      },
    });
    this.#giveUp = () => asking.destroy(new Error("given up"));
  }

  #attach(connection: Connection): void {
    this.#connection = connection;
    connection.setNoDelay(true);
    const ready = this.#url.protocol === "wss:" ? "secureConnect" : "connect";
    connection.once(ready, () => this.#ask(connection));
    connection.on("error", (error) => this.#because(wordsOf(error)));
    connection.once("end", () => this.#ended());
    connection.once("close", () => this.#finish());
  }

  #ask(connection: Connection): void {
    connection.write(this.#handshake!.request, "latin1");
  }

  /** The other side says no more. What we have not sent yet, if anything, must not keep the connection. */
  #ended(): void {
    if (this.#phase === "closed") return;
    this.#because(
      this.#phase === "connecting"
        ? "the connection ended during the opening handshake"
        : "the connection ended without a close frame",
    );
    if (this.#reader.paused) return void (this.#late = () => this.#ended());
    this.#phase = "closing";
    this.#cutLater("");
  }

  /** The proxy opened a tunnel that nobody wants any more. */
  #tooLate(socket: Connection): void {
    socket.destroy();
    this.#finish();
  }

  #copy(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += READ_AREA) {
      const part = chunk.subarray(at, at + READ_AREA);
      this.#reader.area.set(part);
      this.#read(part.length);
    }
  }

  /** One read of the socket stands in the first `count` bytes of the reader's area. */
  #read(count: number): void {
    if (this.#phase === "connecting") this.#greet(count);
    else if (this.#phase !== "closed") this.#reader.feed(count);
    this.#events.endOfRead();
    if (this.#reader.gathered >= this.#breath + BREATH) this.#breathe();
    else if (this.#reader.gathered === 0) this.#breath = 0;
  }

  #breathe(): void {
    this.#breath = this.#reader.gathered;
    this.#connection?.pause();
    setImmediate(() => {
      if (!this.#reader.paused && !this.#told) this.#connection?.resume();
    });
  }

  #greet(count: number): void {
    let from: number;
    try {
      from = this.#handshake!.feed(this.#reader.area.subarray(0, count));
    } catch (error) {
      this.#abort(wordsOf(error));
      return;
    }
    if (from < 0) return;
    clearTimeout(this.#timer);
    const { agreement } = this.#handshake!;
    if (agreement !== null) this.#reader.inflateWith(new Inflater(this.#maxFrame, agreement.takeover));
    this.#handshake = null;
    this.#phase = "open";
    this.#events.open();
    if (from < count) this.#reader.feed(count, from);
  }

  #listen(): FrameEvents {
    const events = this.#events;
    const { large } = events;
    return {
      message: events.frame,
      ...(large !== undefined && {
        large: (slab, start, end, work) => this.#paused(large(slab, start, end, work, this.#resume)),
      }),
      ping: (slab, start, end) => {
        if (this.#phase === "open") this.#write(clientFrame(SENT.PONG, slab.bytes.subarray(start, end)));
        events.alive();
      },
      pong: () => events.alive(),
      closed: (code, reason) => {
        this.#code = code;
        this.#reason = reason;
        this.#answerClose(code, reason);
      },
      failed: (code, reason) => {
        this.#because(reason);
        this.#answerClose(code, "");
      },
    };
  }

  /** The other side has to wait, by TCP's own means. */
  #paused(taken: boolean): boolean {
    if (taken) this.#connection?.pause();
    return taken;
  }

  /** Goes on behind the large message that was taken. */
  readonly #resume = (): void => {
    if (this.#told || !this.#reader.paused) return;
    this.#reader.resume();
    this.#events.endOfRead();
    if (this.#reader.paused) return;
    const late = this.#late;
    this.#late = null;
    if (late === null) this.#connection?.resume();
    else late();
  };

  /** The last we have to say, unless our own close frame is out already; then the end of what we send. */
  #answerClose(code: number, reason: string): void {
    if (this.#phase === "open") this.#bye(closeFrame(code, reason), "");
    this.#connection?.end();
  }

  #bye(frame: Buffer, late: string): void {
    this.#phase = "closing";
    this.#write(frame);
    if (this.#connection!.destroyed) return;
    this.#cutLater(late);
  }

  /** Cuts the connection unless it ends by itself within the grace; `late` says why then. */
  #cutLater(late: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort(late), CLOSE_GRACE_MS);
  }

  #write(frame: Buffer): void {
    const connection = this.#connection!;
    if (connection.writableLength + frame.length > MAX_UNSENT)
      this.#abort(`more than ${MAX_UNSENT} bytes are not taken by the other side`);
    else if (connection.writable) connection.write(frame);
  }

  /** Cuts the connection, or the attempt at one; `close` follows once it is gone. */
  #abort(reason: string): void {
    this.#because(reason);
    this.#reader.stop();
    this.#phase = "closed";
    clearTimeout(this.#timer);
    if (this.#connection === null) this.#giveUp();
    else this.#connection.destroy();
  }

  /** The first reason is the one told; after a close frame it is that frame's. */
  #because(reason: string): void {
    if (this.#code === ABNORMAL) this.#reason ||= reason;
  }

  /** The connection is gone, or there never was one: nothing is read any more, and no event is being told. */
  #finish(): void {
    if (this.#reader.paused && this.#phase !== "closed") return void (this.#late = () => this.#finish());
    this.#reader.stop();
    this.#phase = "closed";
    clearTimeout(this.#timer);
    if (this.#told) return;
    this.#told = true;
    this.#slabs.give(this.#slab);
    this.#events.close(this.#code, this.#reason);
  }
}

function addressOf(url: URL): { host: string; port: number; secure: boolean } {
  const secure = url.protocol === "wss:";
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return { host, port: Number(url.port || (secure ? 443 : 80)), secure };
}

/** A certificate is asked for by name; an address is none (RFC 6066, 3). */
function nameOf(host: string): string {
  return isIP(host) === 0 ? host : "";
}

/** An error of several attempts (one per address) has no words of its own in Node 20. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
