import { millis, z } from "../zod.ts";
import { ofAll } from "./of-all.ts";

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s:/\]]+):([1-9]\d{0,4})$/;
const BUFFER = z
  .int()
  .min(65_536)
  .max(2 ** 28)
  .optional();

export const Udp = z.strictObject({
  type: z.literal("udp").describe("Datagrams for lanes of other gateways, and other receivers"),
  ...ofAll,
  destinations: z
    .array(
      z
        .string()
        .regex(ADDRESS, "expected host:port, such as 10.0.0.8:9400 or 239.1.2.3:9400")
        .refine((text) => Number(text.slice(text.lastIndexOf(":") + 1)) <= 65_535, {
          message: "expected a port up to 65535",
        }),
    )
    .min(1)
    .max(16)
    .describe("Where every datagram goes: addresses, or groups of multicast"),
  mtu: z.int().min(600).max(65_507).default(1400).describe("Bytes of a datagram, at most"),
  heartbeat_ms: millis(50, 10_000).default(250).describe("Longest silence"),
  announce_ms: millis(100, 60_000).default(1000).describe("Time in which all instruments are named again"),
  refresh_ms: millis(0, 3_600_000)
    .default(30_000)
    .describe("Time in which all live books are sent whole again, 0 = never"),
  pace: z.int().min(1).max(10_000).default(64).describe("Datagrams in a millisecond, at most"),
  ttl: z.int().min(0).max(255).default(1).describe("Hops of multicast"),
  interface: z.string().min(1).optional().describe("Address of the interface that multicast leaves by"),
  loopback: z.boolean().default(true).describe("Whether multicast is heard on this machine, too"),
  send_buffer: BUFFER.describe("Bytes of the system's buffer; unset: its own"),
  format: z
    .enum(["native", "k4"])
    .default("native")
    .describe("native: slots as they are; k4: one record a datagram, of four kinds"),
  k4_sequence: z
    .boolean()
    .default(false)
    .describe("k4: whether eight bytes that count the datagrams stand in front"),
});
