import { createServer } from "node:net";

/**
 * A free port outside of the range that the system takes the ports of outgoing connections from: a server that is down for a moment gets its
 * own back, and nobody connects to himself meanwhile.
 */
export async function freePort(): Promise<number> {
  for (let i = 0; i < 100; i++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
  throw new Error(
    "expected a free port between 10000 and 30000, saw none in 100 tries: end what listens there",
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
