import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Chain } from "./chain.ts";
import type { Sent } from "./chain.ts";
import type { NatsLink } from "./link.ts";

/** The rules of JetStream that a chain relies on (nats-server, processJetStreamMsg): the name first, then the name before it, then the size. */
class Server {
  readonly stored: string[] = [];
  /** Names known again; shorter than what is stored when the window is over. */
  known = new Set<string>();
  readonly tooLong: ReadonlySet<string>;
  constructor(tooLong: ReadonlySet<string> = new Set()) {
    this.tooLong = tooLong;
  }

  take(head: string): string {
    const id = /Nats-Msg-Id: (\S+)/.exec(head)![1]!;
    const before = /Nats-Expected-Last-Msg-Id: (\S+)/.exec(head)?.[1];
    if (this.known.has(id)) return JSON.stringify({ stream: "S", seq: 1, duplicate: true });
    if (before !== undefined && before !== this.stored.at(-1)) return refusalOf(10_070, "wrong last msg ID");
    if (this.tooLong.has(id)) return refusalOf(10_054, "message size exceeds maximum allowed");
    this.stored.push(id);
    this.known.add(id);
    return JSON.stringify({ stream: "S", seq: this.stored.length });
  }
}

function refusalOf(code: number, description: string): string {
  return JSON.stringify({ error: { code: 400, err_code: code, description } });
}

/** A connection to it that may end with messages on their way: the server has some of them, we know of fewer. */
class Wire implements NatsLink {
  readonly maxPayload = 1 << 20;
  readonly closed: Promise<string>;
  #end: (reason: string) => void = () => undefined;
  #heard: (n: number, text: string, status: number) => void = () => undefined;
  readonly #server: Server;
  readonly #way: { n: number; head: string }[] = [];
  #left: number;

  /** `left`: messages that reach the server before the connection ends. */
  constructor(server: Server, left = Infinity) {
    this.#server = server;
    this.#left = left;
    this.closed = new Promise((resolve) => (this.#end = resolve));
  }

  answers(heard: (n: number, text: string, status: number) => void): string {
    this.#heard = heard;
    return "_INBOX.x";
  }

  publish(_subject: string, head: Uint8Array | null, _body: Uint8Array, reply: string): void {
    this.#way.push({ n: Number(reply.split(".").at(-1)), head: Buffer.from(head!).toString() });
    void this.#carry();
  }

  async #carry(): Promise<void> {
    await turn();
    for (const { n, head } of this.#way.splice(0)) {
      if (this.#left-- <= 0) return this.#end("gone");
      this.#heard(n, this.#server.take(head), 0);
    }
  }

  request = (): Promise<string> => Promise.reject(new Error("none"));
  reached = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
}

const NOTHING = { refused: (): void => expect.unreachable(), waits: (): void => undefined };

function sentOf(seq: number): Sent {
  return { subject: "s", id: `a:${seq}`, lane: "a", seq, body: new Uint8Array(10) };
}

async function sendAll(chain: Chain, from: number, to: number): Promise<void> {
  for (let seq = from; seq < to; seq++) {
    if (!chain.open) await chain.room();
    chain.send(sentOf(seq));
  }
  await chain.drained();
}

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `a:${from + i}`);

describe("a chain", () => {
  it("stores every message once, in order, however often its connection ends", async () => {
    const run = async (ends: readonly number[], inFlight: number, forgets: boolean): Promise<void> => {
      const server = new Server();
      for (const end of [...ends, Infinity]) {
        if (forgets) server.known = new Set();
        // What the stream holds is where it goes on; or, as if that could not be read, a few before it.
        const from = forgets ? server.stored.length : Math.max(0, server.stored.length - 3);
        const chain = new Chain({
          link: new Wire(server, end),
          inFlight,
          ...NOTHING,
        });
        await sendAll(chain, from, 60).catch((error: Error) => expect(error.message).toContain("gone"));
        expect(server.stored).toEqual(ids(0, server.stored.length));
      }
      expect(server.stored).toEqual(ids(0, 60));
    };
    const ends = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 });
    await fc.assert(fc.asyncProperty(ends, fc.integer({ min: 1, max: 64 }), fc.boolean(), run), {
      numRuns: 200,
      seed: 44,
    });
  });

  it("puts what will never be taken out of the way, and stores all others in order", async () => {
    const run = async (bad: readonly number[], inFlight: number): Promise<void> => {
      const server = new Server(new Set(bad.map((seq) => `a:${seq}`)));
      const out: number[] = [];
      const chain = new Chain({
        link: new Wire(server),
        inFlight,
        ...NOTHING,
        refused: ({ seq }, reason) => {
          expect(reason).toBe("message size exceeds maximum allowed");
          out.push(seq);
        },
      });
      await sendAll(chain, 0, 60);
      expect(out).toEqual([...new Set(bad)].toSorted((a, b) => a - b));
      expect(server.stored).toEqual(ids(0, 60).filter((_, seq) => !bad.includes(seq)));
      expect(chain.pending).toBe(0);
    };
    const bad = fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 6 });
    await fc.assert(fc.asyncProperty(bad, fc.integer({ min: 1, max: 64 }), run), { numRuns: 100, seed: 45 });
  });

  it("stores nothing behind a message that was not stored", async () => {
    const server = new Server();
    const chain = new Chain({ link: new Wire(server), inFlight: 8, ...NOTHING });
    await sendAll(chain, 0, 5);
    server.stored.push("somebody else's");
    await expect(sendAll(chain, 5, 9)).rejects.toThrow(
      /before a:5 to be the stream's last, saw another .*a stream of its own/,
    );
    expect(server.stored.slice(5)).toEqual(["somebody else's"]);
  });
});
