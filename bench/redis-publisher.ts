/**
 * The floor of the bench of Redis, in a process of its own: messages of the same length, each put into Redis in one write at its due time, without
 * any venue, lane or sink before it. Its first message: port of Redis, core to run on or "any".
 */
import { once } from "node:events";
import { connect } from "node:net";
import { pinThread } from "../src/store/index.ts";
import { micros, ORIGIN } from "./latency-clock.ts";
import type { SendOrder, Sent } from "./latency-sender.ts";

const SLICE = 2000;
const CHANNEL = "feedhorn:trade:binance:BTC-USDT";
/** As the sink writes it. */
const TEXT = `{"lane":"latency","log_seq":1000000,"slots":1,"type":"trade","venue":"binance","symbol":"BTCUSDT","instrument":"BTC-USDT","id":"1000000000","price":118345.61,"size":0.0125,"side":"sell","ts_event":${ORIGIN},"ts_recv":${ORIGIN}}`;
const COMMAND = Buffer.from(
  `*3\r\n$7\r\nPUBLISH\r\n$${CHANNEL.length}\r\n${CHANNEL}\r\n$${TEXT.length}\r\n${TEXT}\r\n`,
);
const AT = COMMAND.indexOf('"ts_event":') + '"ts_event":'.length;

const [port, core] = (await once(process, "message"))[0] as [string, string];
if (core !== "any") pinThread([Number(core)]);
const socket = connect(Number(port), "127.0.0.1");
socket.setNoDelay(true);
socket.resume();
await once(socket, "connect");

async function obey({ messages, perSecond }: SendOrder): Promise<Sent> {
  const late: number[] = [];
  const start = Math.ceil(micros()) + 10_000;
  const step = 1e6 / perSecond;
  for (let sent = 0; sent < messages;) {
    const end = micros() + SLICE;
    while (sent < messages && micros() < end) {
      const due = Math.ceil(start + sent * step);
      const bytes = Buffer.from(COMMAND);
      bytes.write(String(ORIGIN + due), AT, "latin1");
      while (micros() < due);
      late.push(micros() - due);
      socket.write(bytes);
      sent += 1;
    }
    await new Promise(setImmediate);
  }
  return { late, seen: [] };
}

process.on("message", (order: SendOrder) => void obey(order).then((sent) => process.send!(sent)));
process.once("disconnect", () => process.exit());
process.send!("connected");
