/**
 * A websocket server in a process of its own: asked for N it sends N frames of 200 bytes as fast as they are taken.
 * argv: "plain", "deflate", or "tls" and the files of a key and a certificate. Tells its parent the port.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { constants, deflateRawSync } from "node:zlib";
import { WebSocketServer } from "ws";
import { seeded } from "./harness.ts";

const PAYLOAD = 200;
const WINDOW = 32 << 10;
/** A batch is one write; the next waits until the socket has taken it. */
const BATCH = 5000;
/** Of TLS: what is encrypted at once stays in the processor's cache, or the server would be what is measured. */
const SECURE_BATCH = 320;
/** The one cipher that every TLS 1.3 server has (RFC 8446, 9.1). */
const CIPHER = "TLS_AES_128_GCM_SHA256";

/** The frames of one write, and where each of them ends. */
interface Batch {
  bytes: Buffer;
  ends: number[];
}

function frame(first: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.from([first, long ? 126 : payload.length, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([long ? head : head.subarray(0, 2), payload]);
}

function joined(frames: readonly Buffer[]): Batch {
  let end = 0;
  return { bytes: Buffer.concat(frames), ends: frames.map(({ length }) => (end += length)) };
}

function plain(count: number): Batch {
  return joined(Array.from({ length: count }, () => frame(0x81, Buffer.alloc(PAYLOAD, "x"))));
}

/** Trades such as a venue sends, each compressed with those before it as context, as RFC 7692, 7.2.1 says. */
function deflated(count: number): Batch {
  const random = seeded(7692);
  let before = Buffer.alloc(0);
  const frames = Array.from({ length: count }, (_, i) => {
    const [price, size, ms] = [42_000 + 2000 * random(), 3 * random(), Math.floor(50 * random())];
    const trade = { e: "trade", E: 1_700_000_000_000 + 50 * i, s: random() < 0.5 ? "BTCUSDT" : "ETHUSDT" };
    const rest = {
      t: 28_457 + i,
      p: price.toFixed(2),
      q: size.toFixed(8),
      T: trade.E - ms,
      m: random() < 0.5,
    };
    const text = `${JSON.stringify({ ...trade, ...rest, X: "MARKET" })}`.padEnd(PAYLOAD, "x");
    const dictionary = before.length > 0 ? { dictionary: before } : {};
    const bytes = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary });
    before = Buffer.concat([before, Buffer.from(text)]).subarray(-WINDOW);
    return frame(0xc1, bytes.subarray(0, -4));
  });
  return joined(frames);
}

function flood(socket: Duplex, { bytes, ends }: Batch, count: number): void {
  let left = count;
  const go = (): void => {
    while (left > 0 && !socket.destroyed) {
      const now = Math.min(left, ends.length);
      left -= now;
      if (!socket.write(bytes.subarray(0, ends[now - 1]))) {
        socket.once("drain", go);
        return;
      }
    }
  };
  go();
}

const [kind, key, cert] = process.argv.slice(2);
const batch = kind === "deflate" ? deflated(BATCH) : plain(kind === "tls" ? SECURE_BATCH : BATCH);
const server =
  kind === "tls"
    ? createSecureServer({ key: readFileSync(key!), cert: readFileSync(cert!), ciphers: CIPHER })
    : createServer();
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: kind === "deflate" });
server.on("upgrade", (request, socket, head) => {
  upgrades.handleUpgrade(request, socket, head, (ws) => {
    ws.on("message", (data) => flood(socket, batch, Number(data.toString("utf8"))));
    ws.on("error", () => ws.terminate());
  });
});
process.once("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
