import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { SINKS } from "../../src/sinks/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { leaksIn } from "../contracts/sink-place.ts";
import type { SinkTrial, TrialPlace, TrialServer } from "../contracts/sink-trial.ts";
import { eventually, GatewayProcess } from "../e2e/gateway-process.ts";

/** A gateway with a sink of every vendor that knows a secret, and nobody behind their addresses who ought to. */

const LONG = { timeout: 240_000 };
let simulator: Simulator;
let gateway: GatewayProcess | null = null;
const sockets = new Set<Socket>();
/** Refuses with the words that it was told: a client that quotes the answer quotes itself. */
const echo = createServer((socket) => {
  sockets.add(socket.on("error", () => undefined));
  socket.on("data", (piece) => socket.writable && socket.write(refusal(piece)));
});
let closed = 0;

beforeAll(async () => {
  const kraken = { venue: venueById("kraken")! };
  simulator = await startSimulator({ seed: "secrets", venues: [kraken], instruments: 2, rate: 20 });
  const other = createServer();
  closed = await listening(other);
  await new Promise((resolve) => other.close(resolve));
  await listening(echo);
});
afterAll(async () => {
  await simulator.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => echo.close(resolve));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await gateway?.remove();
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

function refusal(said: Buffer): Buffer {
  const text = said.toString("latin1");
  if (/^[A-Z]+ \S+ HTTP\/1/.test(text))
    return Buffer.from(
      `HTTP/1.1 401 Unauthorized\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      "latin1",
    );
  // What Redis says of a command that it does not know.
  const words = text.split("\r\n").filter((word) => /^[^*$]/.test(word));
  const error = `-ERR unknown command, with args beginning with: '${words.join("' '")}'\r\n`;
  return text.startsWith("*") ? Buffer.from(error.repeat(words.length), "latin1") : said;
}

/** The trials that have secrets, by type. */
async function trials(): Promise<[type: string, trial: SinkTrial][]> {
  const all = await Promise.all(
    SINKS.map(async ({ type }): Promise<[string, SinkTrial]> => {
      const { trial } = (await import(`./${type}-trial.ts`)) as { trial: SinkTrial };
      return [type, trial];
    }),
  );
  return all.filter(([, trial]) => trial.env !== undefined);
}

/** A place whose server is somebody else. */
function placeAt(dir: string, word: string, port: number): TrialPlace {
  writeFileSync(join(dir, "token"), "a token"); // where a server keeps one
  const server = { dir, host: "127.0.0.1", port, port2: port, address: `127.0.0.1:${port}`, certs: null };
  return { dir, word, server: { ...server, user: "feed", password: "x" } as unknown as TrialServer };
}

/** Command lines of the gateway and everything that it started. */
function processesOf(pid: number): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(pids.map((one) => [one, parentOf(one)]));
  const below = (one: string | undefined): boolean =>
    one !== undefined && (one === String(pid) || below(parents.get(one)));
  return pids.filter(below).map((one) => read(one, "cmdline"));
}

function parentOf(pid: string): string | undefined {
  return /^\d+ \(.*\) \S (\d+)/s.exec(read(pid, "stat"))?.[1];
}

function read(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return ""; // it has ended
  }
}

it.skipIf(process.platform !== "linux").each([
  ["nobody", () => closed],
  ["somebody who repeats what is said", () => (echo.address() as AddressInfo).port],
] as const)("with %s at the address, no secret is said by anybody", LONG, async (_, port) => {
  const all = await trials();
  const secrets = new Map<string, string[]>();
  gateway = new GatewayProcess((dir) => {
    const { ws, rest } = simulator.endpoints["kraken"]!;
    const symbols = [...simulator.symbols["kraken"]!];
    const sinks = all.map(([type, trial]) => {
      const place = placeAt(dir, type, port());
      const env = Object.fromEntries(
        Object.keys(trial.env!(place)).map((name, i) => [name, `s%cret/${type}&no ${i}=`]),
      );
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      secrets.set(type, Object.values(env));
      return { type, name: type, ...trial.options(place) };
    });
    return {
      feeds: [{ venue: "kraken", symbols, ws_url: ws, rest_url: rest }],
      data: { dir: `${dir}/data` },
      sinks: sinks as never,
    };
  });
  await gateway.start();
  const failed = (type: string): boolean => new RegExp(`"sink":"${type}".*sink failed`).test(gateway!.log);
  const health = await eventually(
    "a reason for every sink",
    () => gateway!.health(),
    ({ sinks }) => all.every(([type]) => typeof sinks?.[type]?.reason === "string" && failed(type)),
    120_000,
  );
  const words = [join(gateway.dir, "dist/cli/main.js"), "config", join(gateway.dir, "config.json")];
  const config = execFileSync(process.execPath, words, { encoding: "utf8" });
  const processes = processesOf(gateway.pid);
  expect(processes.length).toBeGreaterThan(all.length);
  const said = [JSON.stringify(health), await gateway.metrics(), gateway.log, config];
  for (const line of processes) said.push(line);
  const every = [...secrets.values()].flat();
  expect(every.length).toBeGreaterThanOrEqual(all.length);
  for (const one of said) expect(leaksIn(one, every), one.slice(0, 2000)).toEqual([]);
  // A sink's process knows its own secret and no other's.
  for (const [type] of all) {
    const { pid } = health.parts[`sink ${type}`]!;
    const others = [...secrets].filter(([other]) => other !== type).flatMap(([, values]) => values);
    expect(others.filter((secret) => read(String(pid), "environ").includes(secret))).toEqual([]);
  }
});
