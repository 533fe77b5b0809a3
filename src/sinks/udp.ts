import type { OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";
import type { UdpOptions } from "./udp/options.ts";
import { DatagramOut } from "./udp/out.ts";
import { Packer } from "./udp/packer.ts";

/** How often it is looked whether something is due, ms. */
const TICK_MS = 50;

/** Datagrams of slots as they are, from which another gateway's lane makes the same log again (docs/sinks/udp.md). */
export const udp: Sink<UdpOptions> = {
  type: "udp",
  delivery: "lapped",
  accepts: "all",
  flushMs: 1000,
  open: async (options, host) => new OpenUdp(await DatagramOut.open(options), options, host),
};

class OpenUdp implements OpenSink {
  readonly #out: DatagramOut;
  readonly #host: SinkHost;
  readonly #packers: ReadonlyMap<string, Packer>;
  readonly #timer: NodeJS.Timeout;
  readonly #marks: Record<string, number> = {};

  constructor(out: DatagramOut, options: UdpOptions, host: SinkHost) {
    this.#out = out;
    this.#host = host;
    this.#packers = new Map(
      host.lanes.map((lane) => [lane, new Packer(lane, out, options.mtu, options.refresh_ms > 0)]),
    );
    this.#timer = setInterval(() => {
      for (const packer of this.#packers.values()) {
        packer.tick(TICK_MS / options.announce_ms, options.heartbeat_ms);
        if (options.refresh_ms > 0) packer.renew(TICK_MS / options.refresh_ms);
      }
    }, TICK_MS);
  }

  async write(batch: SlotBatch): Promise<void> {
    await this.#packers.get(batch.lane)!.write(batch);
    this.#marks[batch.lane] = batch.end;
  }

  async flush(): Promise<Readonly<Record<string, number>>> {
    const { datagrams, bytes, errors } = this.#out;
    this.#host.figure("counter", "datagrams_total", "Datagrams sent, to all destinations as one", datagrams);
    this.#host.figure("counter", "datagram_bytes_total", "Bytes of these", bytes);
    this.#host.figure("counter", "send_errors_total", "Datagrams that the system did not take", errors);
    return { ...this.#marks };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const packer of this.#packers.values()) packer.end();
    await this.#out.close();
  }
}
