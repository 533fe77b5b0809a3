import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { WindowBudget } from "../snapshots/budget.ts";
import { Session } from "./session.ts";
import type { SessionOptions } from "./session.ts";
import { REAL } from "../world/world.ts";
import type { Turns } from "../world/world.ts";
import { openWsSocket } from "../socket/ws-socket.ts";
import { Slab, decodeText } from "../../model/index.ts";
import type { Control, Request, Subscription, Venue } from "../../model/index.ts";

const BOOK_A: Subscription = { channel: "book", symbol: "A" };
const TRADE_A: Subscription = { channel: "trade", symbol: "A" };

/** A venue with the plainest grammar that a session can run. */
function venueAt(url: string, change: Partial<Venue> = {}): Venue {
  const ask = (op: string) => (subs: readonly Subscription[], nextId: () => number) =>
    subs.map((one): Request => {
      const id = nextId();
      return { id, text: `${op} ${id} ${one.channel} ${one.symbol}`, covers: [one] };
    });
  return {
    id: "binance",
    sockets: [{ name: "only", url, channels: ["book", "trade"] }],
    headers: { "user-agent": "test" },
    limits: {
      streamsPerSocket: 10,
      messages: 10,
      messageWindowMs: 300,
      connects: 100,
      connectWindowMs: 1000,
      restWeight: 1,
      maxFrame: 1000,
    },
    heartbeat: { idleMs: 60_000 },
    connectUrl: (_endpoint: unknown, base: string) => base,
    subscribe: ask("subscribe"),
    unsubscribe: ask("unsubscribe"),
    control: (text: string): Control[] => {
      const [what, id, channel, symbol] = text.split(" ");
      if (what === "ok") return [{ type: "ack", id: Number(id) }];
      if (what === "no")
        return [{ type: "refused", id: Number(id), channel: channel as "book", symbol, reason: "because" }];
      return what === "bye" ? [{ type: "shutdown", reason: "maintenance" }] : [{ type: "unknown" }];
    },
    ...change,
  } as unknown as Venue;
}

/** Ten seconds in a tenth of one. */
const FAST: Turns = {
  ...REAL,
  now: () => 100 * REAL.now(),
  every: (ms, done) => REAL.every(ms / 100, done),
};

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanup.splice(0)) undo();
});

async function serve(onConnection: (socket: WebSocket, count: number) => void): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  let count = 0;
  server.on("connection", (socket) => onConnection(socket, ++count));
  await new Promise((resolve) => server.once("listening", resolve));
  cleanup.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Watch {
  session: Session;
  log: string[];
  until(text: string, ms?: number): Promise<void>;
}

function run(url: string, change: Partial<Venue> = {}, options: Partial<SessionOptions> = {}): Watch {
  const log: string[] = [];
  const venue = venueAt(url, change);
  const shard = { endpoint: venue.sockets[0]!, subscriptions: [BOOK_A, TRADE_A] };
  const all: SessionOptions = {
    url,
    idleMs: 60_000,
    rotateMs: 0,
    maxFrame: 1000,
    backoff: { minMs: 20, maxMs: 50 },
    ...options,
  };
  const session = new Session(venue, shard, new Slab(4096), openWsSocket, new WindowBudget(100, 1000), all, {
    frame: (self, slab, start, end) => {
      const text = decodeText(slab.bytes, start, end);
      log.push(`frame ${text}`);
      self.control(text);
    },
    endOfRead: () => undefined,
    state: (_self, up, reason) => log.push(`${up ? "up" : "down"} ${reason}`),
    refused: (_self, one, reason) => log.push(`refused ${one.channel} ${one.symbol}: ${reason}`),
    goesOn: (_self, one, reason) => log.push(`goes on ${one.channel} ${one.symbol}: ${reason}`),
  });
  cleanup.push(() => session.stop());
  session.start();
  return { session, log, until: (text, ms = 3000) => waitFor(log, text, ms) };
}

async function waitFor(log: string[], text: string, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (log.some((line) => line.includes(text))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`expected ${JSON.stringify(text)} within ${ms} ms, saw ${JSON.stringify(log)}`);
}

describe("Session over real sockets", () => {
  it("subscribes to everything, settles acks and names what is refused", async () => {
    const url = await serve((socket) => {
      socket.on("message", (data) => {
        const [, id, channel, symbol] = data.toString().split(" ");
        socket.send(channel === "trade" ? `no ${id} ${channel} ${symbol}` : `ok ${id}`);
      });
    });
    const { until, log } = run(url);
    await until("refused trade A: because");
    await until("frame ok 1");
    expect(log[0]).toBe("up open");
    expect(log.filter((line) => line.startsWith("refused"))).toHaveLength(1);
  });

  it("comes back after a cut and says how often", async () => {
    const url = await serve((socket, count) => {
      if (count < 3) socket.terminate();
      else socket.send("third");
    });
    const { until, session } = run(url);
    await until("frame third");
    expect(session.reconnects).toBe(2);
  });

  it("cuts a connection that is silent, although the socket stays open", async () => {
    let second = false;
    const url = await serve((socket, count) => {
      if (count === 1) return;
      second = true;
      socket.send("alive");
    });
    const { until } = run(url, {}, { idleMs: 300 });
    await until("down silent for 300 ms");
    await until("frame alive");
    expect(second).toBe(true);
  });

  it("takes the venue's own pings as proof of life", async () => {
    const url = await serve((socket) => {
      const timer = setInterval(() => socket.ping(), 80);
      socket.on("close", () => clearInterval(timer));
    });
    const { log } = run(url, {}, { idleMs: 400 });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(log).toEqual(["up open"]);
  });

  it("sends its own pings in the venue's grammar", async () => {
    const heard: string[] = [];
    const url = await serve((socket) => socket.on("message", (data) => heard.push(data.toString())));
    run(url, { heartbeat: { idleMs: 60_000, ping: { everyMs: 150, text: (id: number) => `ping ${id}` } } });
    await waitFor(heard, "ping 3", 2000);
    expect(heard.slice(0, 2)).toEqual(["subscribe 1 book A", "subscribe 2 trade A"]);
  });

  it("rotates at once when the venue says goodbye, and by plan", async () => {
    const url = await serve((socket, count) => socket.send(count === 1 ? "bye" : "hello again"));
    const goodbye = run(url);
    await goodbye.until("down maintenance");
    await goodbye.until("frame hello again", 1000);
    const planned = run(
      await serve((socket, count) => socket.send(`number ${count}`)),
      {},
      { rotateMs: 300 },
    );
    await planned.until("down planned rotation");
    await planned.until("frame number 2");
  });

  it("never sends more than its share of the message limit in a window", async () => {
    const at: number[] = [];
    const url = await serve((socket) => socket.on("message", () => at.push(performance.now())));
    const many = Array.from({ length: 20 }, (_, i): Request => ({ id: i, text: `n ${i}`, covers: [] }));
    run(url, { subscribe: () => many });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(at).toHaveLength(20);
    for (const start of at)
      expect(at.filter((t) => t >= start && t < start + 250).length).toBeLessThanOrEqual(10);
  });

  it("closes on a frame above the limit and says so", async () => {
    const url = await serve((socket, count) => socket.send(count === 1 ? "x".repeat(2000) : "small"));
    const { until } = run(url);
    await until("down closed 1006 Max payload size exceeded");
    await until("frame small");
  });

  it("asks again for one symbol on the open socket", async () => {
    const heard: string[] = [];
    const url = await serve((socket) => socket.on("message", (data) => heard.push(data.toString())));
    const { until, session } = run(url);
    await until("up open");
    session.resubscribe([BOOK_A]);
    await waitFor(heard, "subscribe 4 book A", 2000);
    expect(heard.slice(2)).toEqual(["unsubscribe 3 book A", "subscribe 4 book A"]);
    expect(session.reconnects).toBe(0);
  });

  it("names its subscriptions in the address where the venue has it so, and asks again by a new connection", async () => {
    const url = await serve(() => undefined);
    const asked: string[] = [];
    const { session, until } = run(url, {
      subscribe: () => [],
      unsubscribe: () => [],
      connectUrl: (_endpoint, base, subscriptions = []) => {
        asked.push(subscriptions.map((one) => `${one.channel} ${one.symbol}`).join(","));
        return `${base}/?symbols=A`;
      },
    });
    await until("up open");
    session.resubscribe([BOOK_A]);
    await until("down asked again by a new connection");
    await expect.poll(() => asked.length, { timeout: 3000 }).toBe(2);
    expect(asked).toEqual(["book A,trade A", "book A,trade A"]);
  });

  it("takes more subscriptions and gives some up while it is open", async () => {
    const heard: string[] = [];
    const url = await serve((socket) =>
      socket.on("message", (data) => {
        const text = data.toString();
        heard.push(text);
        socket.send(text.startsWith("subscribe") ? `ok ${text.split(" ")[1]}` : "what");
      }),
    );
    const { until, session } = run(url);
    await until("frame ok 2");
    const more: Subscription = { channel: "trade", symbol: "B" };
    session.add([more]);
    expect(session.standing(more).state).toBe("waiting");
    await until("frame ok 3");
    expect([session.standing(more).state, session.size]).toEqual(["active", 3]);
    session.remove([BOOK_A]);
    await waitFor(heard, "unsubscribe 4 book A", 2000);
    expect(session.shard.subscriptions).toEqual([TRADE_A, more]);
    session.rotate("again");
    await waitFor(heard, "subscribe 6 trade B", 2000);
    expect(heard.slice(4)).toEqual(["subscribe 5 trade A", "subscribe 6 trade B"]);
  });

  it("names what it gave up and nobody confirmed, or would not end", async () => {
    const url = await serve((socket) =>
      socket.on("message", (data) => {
        const [verb, id, channel, symbol] = data.toString().split(" ");
        if (verb === "subscribe") socket.send(`ok ${id}`);
        else if (channel === "trade") socket.send(`no ${id} ${channel} ${symbol}`);
      }),
    );
    const { until, session, log } = run(url, {}, { turns: FAST });
    await until("frame ok 2");
    session.remove([BOOK_A, TRADE_A]);
    await until("goes on book A");
    expect(log.filter((line) => line.startsWith("goes on") || line.startsWith("refused"))).toEqual([
      "goes on trade A: because",
      "goes on book A: no answer in 10 s",
    ]);
  });

  it("halves a request that is refused whole, until the culprit stands alone", async () => {
    const heard: string[] = [];
    const url = await serve((socket) =>
      socket.on("message", (data) => {
        heard.push(data.toString());
        const [, id, names] = data.toString().split(" ");
        socket.send(names!.includes("BAD") ? `no ${id}` : `ok ${id}`);
      }),
    );
    const symbols = ["A", "B", "BAD", "C"].map((symbol): Subscription => ({ channel: "book", symbol }));
    const { until, session, log } = run(url, {
      subscribe: (subs, nextId) => {
        const id = nextId();
        return [{ id, text: `all ${id} ${subs.map((one) => one.symbol).join(",")}`, covers: subs }];
      },
      control: (text: string): Control[] => {
        const [what, id] = text.split(" ");
        if (what === "ok") return [{ type: "ack", id: Number(id) }];
        return [{ type: "refused", id: Number(id), reason: "no such stream" }];
      },
    });
    session.remove([BOOK_A, TRADE_A]);
    session.add(symbols);
    await until("refused");
    await until("frame ok 5");
    expect(heard).toEqual(["all 1 A,B,BAD,C", "all 2 A,B", "all 3 BAD,C", "all 4 BAD", "all 5 C"]);
    expect(log.filter((line) => line.startsWith("refused"))).toEqual(["refused book BAD: no such stream"]);
    expect(symbols.map((one) => session.standing(one).state)).toEqual([
      "active",
      "active",
      "refused",
      "active",
    ]);
  });

  it("asks again, after a while, for what was refused for a reason that passes", async () => {
    const heard: string[] = [];
    const url = await serve((socket) =>
      socket.on("message", (data) => {
        heard.push(data.toString());
        const [, id] = data.toString().split(" ");
        socket.send(heard.length === 1 ? `later ${id}` : `ok ${id}`);
      }),
    );
    const { until, session, log } = run(url, {
      control: (text: string): Control[] => {
        const [what, id] = text.split(" ");
        if (what === "ok") return [{ type: "ack", id: Number(id) }];
        return [{ type: "refused", id: Number(id), reason: "settlement", again: true }];
      },
    });
    await until("frame later 1");
    const asked = performance.now();
    expect(session.standing(BOOK_A).state).toBe("waiting");
    await until("frame ok 3", 5000);
    expect(performance.now() - asked).toBeGreaterThan(1500);
    expect(heard).toEqual(["subscribe 1 book A", "subscribe 2 trade A", "subscribe 3 book A"]);
    expect([session.standing(BOOK_A).state, session.standing(TRADE_A).state]).toEqual(["active", "active"]);
    expect(log.filter((line) => line.startsWith("refused"))).toEqual([]);
  });

  it("names at once what an answer that lists what it accepted has left out", async () => {
    const url = await serve((socket) => socket.on("message", () => socket.send("only book")));
    const { until, session } = run(url, {
      subscribe: (subs, nextId) => [{ id: nextId(), text: "all", covers: subs }],
      control: (): Control[] => [{ type: "ack", id: 1, only: [BOOK_A] }],
    });
    await until("refused trade A: left out of the venue's answer");
    expect([session.standing(BOOK_A).state, session.standing(TRADE_A).state]).toEqual(["active", "refused"]);
  });

  it("pings although the messages are used up, where pings are not counted", async () => {
    const heard: string[] = [];
    const url = await serve((socket) => socket.on("message", (data) => heard.push(data.toString())));
    run(url, {
      heartbeat: { idleMs: 60_000, ping: { everyMs: 100, text: (id: number) => `ping ${id}` } },
      limits: {
        streamsPerSocket: 10,
        messages: 2,
        messageWindowMs: 60_000,
        pingsCount: false,
        connects: 10,
        connectWindowMs: 1000,
        restWeight: 1,
        maxFrame: 1000,
      },
    });
    await waitFor(heard, "ping 4", 2000);
    expect(heard.slice(0, 3)).toEqual(["subscribe 1 book A", "ping 3", "ping 4"]);
  });
});
