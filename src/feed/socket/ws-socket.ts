import { WebSocket } from "ws";
import type { RawData } from "ws";
import type { OpenSocket, SocketEvents } from "./socket.ts";
import { TunnelAgent } from "./tunnel.ts";
import type { Slab } from "../../model/index.ts";

const CLOSE_GRACE_MS = 1000;

/**
 * The `ws` package behind the socket interface. Each message is copied once, to the start of the slab, because `ws`
 * owns the buffers it reads into. UTF-8 is not validated: scanners accept only ASCII where it matters, and text
 * that is shown is decoded with replacement.
 */
export const openWsSocket: OpenSocket = (url, slab, options, events) => {
  const ws = new WebSocket(url, {
    headers: { ...options.headers },
    perMessageDeflate: options.compression ?? false,
    skipUTF8Validation: true,
    followRedirects: false,
    maxPayload: Math.min(options.maxFrame, slab.capacity),
    handshakeTimeout: options.openTimeoutMs,
    agent:
      options.proxy === null
        ? undefined
        : new TunnelAgent(options.proxy, url.startsWith("wss:"), options.openTimeoutMs),
  });
  let reason = "";
  ws.on("open", () => events.open());
  ws.on("ping", () => events.alive());
  ws.on("pong", () => events.alive());
  ws.on("error", (error) => {
    reason = error.message;
  });
  ws.on("close", (code, text) => events.close(code, reason || text.toString("utf8").slice(0, 120)));
  ws.on("message", receiver(slab, events));
  return {
    send: (text) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(text, { compress: false });
    },
    ping: () => {
      if (ws.readyState === WebSocket.OPEN) ws.ping();
    },
    close: (code, text) => {
      ws.close(code, text);
      setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
    },
  };
};

/**
 * `ws` emits the messages of one read one after the other, within the same turn of the event loop; a microtask runs
 * when that turn has emitted its last.
 */
function receiver(slab: Slab, events: SocketEvents): (data: RawData) => void {
  const target = Buffer.from(slab.bytes.buffer, slab.bytes.byteOffset, slab.capacity);
  let reading = false;
  const end = (): void => {
    reading = false;
    events.endOfRead();
  };
  return (data) => {
    if (!reading) {
      reading = true;
      queueMicrotask(end);
    }
    const bytes = data as Buffer;
    const length = bytes.copy(target, 0);
    events.frame(slab, 0, length);
  };
}
