import type { OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";
import type { UdpOptions } from "./udp/options.ts";
import { K4Out } from "./udp/k4.ts";
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
  open: async (options, host) => {
    const out = await DatagramOut.open(options);
    return options.format === "k4" ? new OpenK4(out, options, host) : new OpenUdp(out, options, host);
  },
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
    tell(this.#out, this.#host);
    return { ...this.#marks };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const packer of this.#packers.values()) packer.end();
    await this.#out.close();
  }
}

/** Records that an earlier gateway's receivers know. */
class OpenK4 implements OpenSink {
  readonly #out: DatagramOut;
  readonly #host: SinkHost;
  readonly #records: K4Out;
  readonly #marks: Record<string, number> = {};

  constructor(out: DatagramOut, options: UdpOptions, host: SinkHost) {
    this.#out = out;
    this.#host = host;
    this.#records = new K4Out(out, options.k4_sequence, (lane) => host.tables?.(lane) ?? null);
  }

  async write(batch: SlotBatch): Promise<void> {
    await this.#records.write(batch);
    this.#marks[batch.lane] = batch.end;
  }

  async flush(): Promise<Readonly<Record<string, number>>> {
    tell(this.#out, this.#host);
    return { ...this.#marks };
  }

  close(): Promise<void> {
    return this.#out.close();
  }
}

function tell({ datagrams, bytes, errors }: DatagramOut, host: SinkHost): void {
  host.figure("counter", "datagrams_total", "Datagrams sent, to all destinations as one", datagrams);
  host.figure("counter", "datagram_bytes_total", "Bytes of these", bytes);
  host.figure("counter", "send_errors_total", "Datagrams that the system did not take", errors);
}
