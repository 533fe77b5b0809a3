/**
 * Every socket over TLS, in a process of its own because only at its start can Node be told whom to trust:
 * NODE_EXTRA_CA_CERTS names the server's certificate or nobody. Prints one JSON object: case to what came of it.
 * argv: files of the key and of the certificate, whose only name is localhost.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { WebSocketServer } from "ws";
import type { OpenSocket } from "../../src/feed/socket/socket.ts";
import { IMPLEMENTATIONS, cleanUp, client, later, pattern, portOf, proxyServer } from "./socket-rig.ts";

const LENGTHS = [0, 125, 126, 65536, 1 << 20, 300, 300_000, 7, 70_000];

async function server(key: string, cert: string): Promise<number> {
  const https = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  const wss = new WebSocketServer({ server: https, perMessageDeflate: false });
  wss.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      for (const [i, length] of LENGTHS.entries()) socket.send(pattern(length, i + 1));
      socket.close(4000, data.toString("utf8"));
    });
  });
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  later(() => https.close());
  return portOf(https);
}

/** "OPENED EQUAL: CLOSE": whether every message came as it was sent, and how it ended. */
async function outcome(
  open: OpenSocket,
  url: string,
  proxy: string | null,
  pauseMs?: number,
): Promise<string> {
  const one = client(open, url, { proxy }, { open: ({ socket }) => socket.send("enough"), pauseMs });
  const closed = await one.closed();
  const equal = LENGTHS.filter((length, i) => one.frames[i]?.equals(pattern(length, i + 1))).length;
  return `${one.told.includes("open")} ${equal}: ${closed}`;
}

const [key, cert] = process.argv.slice(2);
const port = await server(key!, cert!);
const proxy = `http://${await proxyServer([])}`;
const results: Record<string, string> = {};
for (const [name, open] of Object.entries(IMPLEMENTATIONS)) {
  results[`${name} direct`] = await outcome(open, `wss://localhost:${port}/`, null);
  results[`${name} proxy`] = await outcome(open, `wss://localhost:${port}/`, proxy);
  results[`${name} direct, pausing`] = await outcome(open, `wss://localhost:${port}/`, null, 20);
  results[`${name} proxy, pausing`] = await outcome(open, `wss://localhost:${port}/`, proxy, 20);
  results[`${name} another name`] = await outcome(open, `wss://127.0.0.1:${port}/`, null);
}
cleanUp();
process.stdout.write(JSON.stringify(results));
