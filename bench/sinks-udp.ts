import { createSocket } from "node:dgram";
import { once } from "node:events";
import { udp } from "../src/sinks/udp.ts";
import type { PlainWriter, VendorBench } from "./sinks-vendor.ts";

/** A loop that puts so much JSON into a datagram: lines, cut where they end. */
const BYTES = 1400;
/** Nobody listens there: what a receiver does is not in the figure. */
const PORT = 9;
const AT_ONCE = 64;

/** Without a pace, which is there for receivers. The loop is what one would write with node:dgram: JSON lines, 1400 bytes a datagram. */
export const vendor: VendorBench = {
  sink: udp,
  cases: [
    {
      name: "native",
      options: () => ({ destinations: [`127.0.0.1:${PORT}`], pace: 10_000, refresh_ms: 0 }),
      plain,
    },
    {
      name: "native, books kept",
      options: () => ({ destinations: [`127.0.0.1:${PORT}`], pace: 10_000, refresh_ms: 30_000 }),
      plain,
    },
  ],
};

async function plain(): Promise<PlainWriter> {
  const socket = createSocket("udp4");
  socket.connect(PORT, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  let out = 0;
  let wake = (): void => undefined;
  const send = (text: string): void => {
    out += 1;
    socket.send(text, () => {
      out -= 1;
      wake();
    });
  };
  /** Resolves when half of them, or all, are in the system's hands. */
  const until = async (most: number): Promise<void> => {
    const few = (): boolean => out <= most;
    while (!few())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return {
    write: async (events) => {
      let text = "";
      for (const event of events) {
        const line = `${JSON.stringify(event)}\n`;
        if (text.length + line.length > BYTES && text !== "") {
          send(text);
          text = "";
          if (out >= AT_ONCE) await until(AT_ONCE / 2);
        }
        text += line;
      }
      if (text !== "") send(text);
      await until(0);
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
