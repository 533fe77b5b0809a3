/** A client in a process of its own: takes messages through one of our sockets and says what that cost. */
import { once } from "node:events";
import { openFastSocket } from "../src/feed/socket/fast-socket.ts";
import type { OpenSocket, Socket } from "../src/feed/socket/socket.ts";
import { openWsSocket } from "../src/feed/socket/ws-socket.ts";
import { Slab } from "../src/model/index.ts";

export interface Order {
  name: string;
  url: string;
  compression: boolean;
  messages: number;
}

/** Nanoseconds from the asking to the last message, and of CPU time of this process meanwhile. */
export interface Cost {
  ns: number;
  cpu: number;
}

const SOCKETS: Readonly<Record<string, OpenSocket>> = { ws: openWsSocket, fast: openFastSocket };
const MAX_FRAME = 1 << 20;

/** One connection, open for the whole bench. */
class Taker {
  readonly socket: Socket;
  readonly opened: Promise<void>;
  #wanted = 0;
  #seen = 0;
  #bytes = 0;
  #done: (bytes: number) => void = () => undefined;

  constructor(open: OpenSocket, url: string, compression: boolean) {
    let opened = (): void => undefined;
    this.opened = new Promise((resolve) => {
      opened = resolve;
    });
    const options = { headers: {}, maxFrame: MAX_FRAME, openTimeoutMs: 5000, proxy: null, compression };
    this.socket = open(url, new Slab(MAX_FRAME), options, {
      open: () => opened(),
      frame: (slab, start, end) => this.#frame(slab, start, end),
      endOfRead: () => undefined,
      alive: () => undefined,
      close: (code, reason) => {
        throw new Error(`closed ${code} ${reason}`);
      },
    });
  }

  #frame(slab: Slab, start: number, end: number): void {
    this.#bytes += slab.bytes[end - 1] === 120 ? end - start : 0;
    this.#seen += 1;
    if (this.#seen === this.#wanted) this.#done(this.#bytes);
  }

  async take(messages: number): Promise<Cost> {
    this.#wanted = messages;
    this.#seen = 0;
    this.#bytes = 0;
    const done = new Promise<number>((resolve) => {
      this.#done = resolve;
    });
    const cpu = process.cpuUsage();
    const begin = process.hrtime.bigint();
    this.socket.send(String(messages));
    const bytes = await done;
    const ns = Number(process.hrtime.bigint() - begin);
    const { user, system } = process.cpuUsage(cpu);
    if (bytes !== messages * 200)
      throw new Error(`expected ${messages} messages of 200 bytes, saw ${bytes} bytes`);
    return { ns, cpu: (user + system) * 1000 };
  }
}

const takers = new Map<string, Taker>();

async function obey({ name, url, compression, messages }: Order): Promise<void> {
  const key = `${name} ${url}`;
  const taker = takers.get(key) ?? new Taker(SOCKETS[name]!, url, compression);
  takers.set(key, taker);
  await taker.opened;
  process.send!(await taker.take(messages));
}

process.on("message", (order) => void obey(order as Order));
process.once("disconnect", () => process.exit());
await once(process, "disconnect");
