/**
 * Two venues in a process of their own, for the stall bench: Binance trades a thousand times a second, each stamped
 * when it is sent, and Coinbase snapshots of some 5 MB when asked for. Tells its parent the port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { instrumentOf } from "../src/model/index.ts";
import { venueById } from "../src/venues/index.ts";
import { seeded } from "./harness.ts";
import { micros, ORIGIN } from "./latency-clock.ts";

const LEVELS = 25_000;
const MIDDLE = 11_834_100;
const TIME = "2026-05-28T08:00:01.451234Z";
const BINANCE = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01, lot: 1e-8 });
const COINBASE = instrumentOf({ symbol: "BTC-USD", canonical: "BTC-USD", tick: 0.01, lot: 1e-8 });

/** Levels best first: dense at the touch, thin and far away at the end, as full books are. */
function side(name: string, sign: number, random: () => number): string[] {
  let cents = MIDDLE;
  return Array.from({ length: LEVELS }, (_, i) => {
    cents += sign * (1 + Math.floor(random() * 2 * (1 + (150 * i) / LEVELS)));
    const size = (random() * 3).toFixed(8);
    return `{"side":"${name}","event_time":"${TIME}","price_level":"${(cents / 100).toFixed(2)}","new_quantity":"${size}"}`;
  });
}

function snapshots(): (sequence: number) => string {
  const random = seeded(5);
  const levels = [...side("bid", -1, random), ...side("offer", 1, random)].join(",");
  const event = `{"type":"snapshot","product_id":"BTC-USD","updates":[${levels}]}`;
  return (sequence) =>
    `{"channel":"l2_data","client_id":"","timestamp":"${TIME}","sequence_num":${sequence},"events":[${event}]}`;
}

const binance = venueById("binance")!;
const coinbase = venueById("coinbase")!;
const server = createServer((request, response) => {
  const ours = request.url!.includes("/market/products");
  const [venue, one] = ours ? [coinbase, COINBASE] : [binance, BINANCE];
  response.setHeader("content-type", "application/json");
  response.end(venue.server.instrumentsBody([one], request.url!));
});
const sockets = new WebSocketServer({ server });
let deep: WebSocket | null = null;
let sequence = 0;
let steady: WebSocket | null = null;
let tradeId = 0;

sockets.on("connection", (socket, request) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data: Buffer) => {
    const { id } = JSON.parse(data.toString("utf8")) as { id?: number };
    if (id !== undefined) socket.send(JSON.stringify({ result: null, id }));
  });
  if (request.url!.includes("stream")) steady = socket;
  else {
    deep = socket;
    sequence = 0;
  }
});

function trade(): void {
  if (steady === null || steady.bufferedAmount > 0) return;
  tradeId += 1;
  const us = ORIGIN + Math.floor(micros());
  const data = `{"e":"trade","E":${us},"s":"BTCUSDT","t":${tradeId},"p":"118341.01","q":"0.00150000","T":${us},"m":true,"M":true}`;
  steady.send(`{"stream":"btcusdt@trade","data":${data}}`);
}

setInterval(trade, 1);
const snapshot = snapshots();
process.on("message", () => deep?.send(snapshot(sequence++)));
process.once("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
