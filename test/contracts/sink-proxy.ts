import { createServer, connect } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TrialServer } from "./sink-trial.ts";

/** Longest time in which a vendor may do more of what it was told, before the connection goes, ms. */
const DONE_MS = 150;
/** An answer is waited for so long. */
const PATIENCE_MS = 5000;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  deaf: boolean;
}

/** Stands before a real server, and loses answers: what the client asked for is done, and it is not told. */
export class LossyProxy {
  /** Pieces of answers. */
  lost = 0;
  readonly #to: TrialServer;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();

  private constructor(to: TrialServer) {
    this.#to = to;
    this.#listener = createServer((client) => this.#accept(client));
  }

  static async before(server: TrialServer): Promise<LossyProxy> {
    const proxy = new LossyProxy(server);
    await new Promise<void>((resolve) => proxy.#listener.listen(0, server.host, resolve));
    return proxy;
  }

  /** The server, as it is reached through here. */
  server<Some extends TrialServer>(): Some {
    const { port } = this.#listener.address() as AddressInfo;
    return Object.create(this.#to, { port: { value: port } }) as Some;
  }

  /** From now on nobody is told anything; when an answer was lost, and some more if there are, all connections go. */
  async loseAnswers(random: () => number): Promise<void> {
    const before = this.lost;
    for (const pair of this.#pairs) pair.deaf = true;
    for (const end = performance.now() + PATIENCE_MS; this.lost === before && performance.now() < end;)
      await sleep(5);
    await sleep(random() * DONE_MS);
    for (const pair of this.#pairs) if (pair.deaf) this.#end(pair);
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#end(pair);
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    const pair = { client, server: connect(this.#to.port, this.#to.host), deaf: false };
    this.#pairs.add(pair);
    for (const socket of [pair.client, pair.server]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#end(pair));
    }
    client.pipe(pair.server);
    pair.server.on("data", (piece) => {
      if (pair.deaf) {
        this.lost += 1;
        return;
      }
      if (!client.write(piece)) pair.server.pause();
    });
    client.on("drain", () => pair.server.resume());
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }
}
