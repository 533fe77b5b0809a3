import { createHash, randomBytes } from "node:crypto";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { OFFER, agreedOn } from "./inflate-offer.ts";
import type { Agreement } from "./inflate-offer.ts";

/** Bytes of an answer's status line and headers together. */
const MAX_HEADER = 16 << 10;
/** RFC 6455, 1.3: what the server appends to our key before it hashes it. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const END = Buffer.from("\r\n\r\n");
const STATUS = /^HTTP\/1\.[01] (\d{3})(?: |$)/;

/**
 * The opening handshake of a websocket client (RFC 6455, 4.1) without the socket: `request` is what to send, `feed`
 * takes the answer as it comes. No subprotocol is offered, so none may be answered, and no extension but
 * permessage-deflate where that is wanted.
 */
export class Handshake {
  readonly request: string;
  /** What the answer says about compression; null without it. */
  agreement: Agreement | null = null;
  readonly #accept: string;
  readonly #compression: boolean;
  readonly #answer = Buffer.alloc(MAX_HEADER);
  #length = 0;

  /** Throws TypeError when a header could not be sent as it is. */
  constructor(url: URL, headers: Readonly<Record<string, string>>, compression = false) {
    const key = randomBytes(16).toString("base64");
    this.#accept = createHash("sha1")
      .update(key + GUID)
      .digest("base64");
    this.#compression = compression;
    this.request = requestText(url, key, headers, compression);
  }

  /**
   * Takes the next bytes of the answer. Returns how many of them belong to it once it is complete and right: frames
   * follow from there; -1 while more is needed. Throws an Error that says why the other side does not open a websocket.
   */
  feed(bytes: Uint8Array): number {
    const before = this.#length;
    const taken = Math.min(bytes.length, MAX_HEADER - before);
    this.#answer.set(bytes.subarray(0, taken), before);
    this.#length = before + taken;
    const end = this.#answer.subarray(0, this.#length).indexOf(END, Math.max(0, before - END.length));
    if (end >= 0) {
      const extensions = check(this.#answer.toString("latin1", 0, end), this.#accept);
      if (extensions !== undefined) this.#extend(extensions);
      return end + END.length - before;
    }
    if (this.#length === MAX_HEADER)
      throw new Error(`expected the answer's headers within ${MAX_HEADER} bytes, saw no end of them`);
    return -1;
  }

  #extend(extensions: string): void {
    if (!this.#compression)
      throw new Error("Server sent a Sec-WebSocket-Extensions header but no extension was requested");
    this.agreement = agreedOn(extensions);
  }
}

function requestText(
  url: URL,
  key: string,
  headers: Readonly<Record<string, string>>,
  compression: boolean,
): string {
  const lines = new Map([["host", `Host: ${url.host}`]]);
  if (url.username !== "") lines.set("authorization", `Authorization: Basic ${credentials(url)}`);
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines.set(name.toLowerCase(), `${name}: ${value}`);
  }
  lines.set("upgrade", "Upgrade: websocket").set("connection", "Connection: Upgrade");
  lines.set("sec-websocket-key", `Sec-WebSocket-Key: ${key}`);
  lines.set("sec-websocket-version", "Sec-WebSocket-Version: 13");
  if (compression) lines.set("sec-websocket-extensions", `Sec-WebSocket-Extensions: ${OFFER}`);
  return [`GET ${url.pathname}${url.search} HTTP/1.1`, ...lines.values(), "", ""].join("\r\n");
}

function credentials(url: URL): string {
  const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return Buffer.from(text).toString("base64");
}

/** RFC 6455, 4.1, the numbered checks of the server's answer. Returns the extensions it names, if any. */
function check(answer: string, accept: string): string | undefined {
  const [first, ...lines] = answer.split("\r\n");
  const status = STATUS.exec(first!)?.[1];
  if (status === undefined)
    throw new Error(`expected an HTTP answer, saw ${JSON.stringify(first!.slice(0, 60))}`);
  if (status !== "101") throw new Error(`Unexpected server response: ${status}`);
  const headers = headersOf(lines);
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") throw new Error("Invalid Upgrade header");
  if (!/(^|[\s,])upgrade($|[\s,])/i.test(headers.get("connection") ?? ""))
    throw new Error("Invalid Connection header");
  if (headers.get("sec-websocket-accept") !== accept) throw new Error("Invalid Sec-WebSocket-Accept header");
  if (headers.has("sec-websocket-protocol"))
    throw new Error("Server sent a subprotocol but none was requested");
  return headers.get("sec-websocket-extensions");
}

/** By lower-case name; repeated ones joined with commas (RFC 9110, 5.3). */
function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`expected a header line, saw ${JSON.stringify(line.slice(0, 60))}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}
