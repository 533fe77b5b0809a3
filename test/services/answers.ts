import { readFileSync } from "node:fs";
import { request as http } from "node:http";
import { request as https } from "node:https";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ServiceName } from "./service.ts";

/** Where a server is, and how one may speak to it. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
  /** Of Pulsar, behind a password. */
  readonly token: string | null;
  readonly certs: Certs | null;
}

/** Files of the authority, and of a client. */
export interface Certs {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const PATIENCE_MS = 2000;

/** Whether a server really answers, not only listens. */
export const ANSWERS: Readonly<Record<ServiceName, (place: Place) => Promise<boolean>>> = {
  redis: async (place) => /^(\+PONG|-NOAUTH)/.test(await say(place, "PING\r\n")),
  // Says what it is by itself, before any TLS.
  nats: async (place) => /^INFO .*"jetstream":true/.test(await say({ ...place, certs: null }, "")),
  postgres: async (place) => startsUp(await say({ ...place, certs: null }, startup())) === false,
  // A request for what it understands, version 0; the answer repeats its number.
  kafka: async (place) => {
    const asked = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255]);
    return (await say(place, asked)).slice(4, 8) === "\0\0\0\x07";
  },
  // The namespace that is made last.
  pulsar: async (place) =>
    (await get(place, "/admin/v2/namespaces/public", bearer(place))).includes("public/default"),
  questdb: async (place) => (await get(place, "/exec?query=select%201", basic(place))).includes('"count":1'),
  clickhouse: async (place) => (await get(place, "/?query=select%201", basic(place))).trim() === "1",
};

/** Connects, says it, and gives the first piece of the answer. */
function say(place: Place, words: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = socketTo(place);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed without an answer")));
    socket.once("data", (piece: Buffer) => {
      resolve(piece.toString("latin1"));
      socket.destroy();
    });
    if (words.length > 0) socket.write(words);
  });
}

function socketTo({ host, port, certs }: Place): Socket {
  return certs === null ? connect(port, host) : connectTls({ host, port, ...filesOf(certs) });
}

function filesOf({ ca, cert, key }: Certs): { ca: Buffer; cert: Buffer; key: Buffer } {
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html, StartupMessage */
function startup(): Buffer {
  const body = Buffer.from("\0\x03\0\0user\0postgres\0database\0postgres\0\0", "latin1");
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

/** 57P03 cannot_connect_now: not yet. Any other answer, a refusal too, comes from a server that works. */
function startsUp(answer: string): boolean {
  return answer.startsWith("E") && answer.includes("57P03");
}

function get(place: Place, path: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const { host, port, certs } = place;
    const options = { host, port, path, headers, timeout: PATIENCE_MS, agent: false as const };
    const asked = certs === null ? http(options) : https({ ...options, ...filesOf(certs) });
    asked.once("timeout", () => asked.destroy(new Error("no answer")));
    asked.once("error", reject);
    asked.once("response", (answer) => {
      let text = "";
      answer.on("data", (piece: Buffer) => (text += piece.toString()));
      answer.once("error", reject);
      answer.once("end", () => resolve(text));
    });
    asked.end();
  });
}

function bearer({ password, token }: Place): Record<string, string> {
  return password === null ? {} : { authorization: `Bearer ${token}` };
}

function basic({ user, password }: Place): Record<string, string> {
  if (password === null) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}
