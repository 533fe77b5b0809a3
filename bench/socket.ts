/**
 * What does a message cost until it can be parsed, through our own socket against the ws package?
 *
 * A server process sends text frames of 200 bytes as fast as they are taken, plain and (where openssl can make a
 * certificate) over TLS, and trades of as many bytes compressed with permessage-deflate. One client process takes them through both implementations in turn, each on one connection;
 * a C program that does nothing but recv and walk over headers shows what the machine allows. Wall time is the
 * client's from asking to the last message, CPU time that of the whole client process.
 */
import { fork, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compileC } from "./compile-c.ts";
import { compare, quantile, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row, Samples } from "./harness.ts";
import type { Cost, Order } from "./socket-client.ts";

const MESSAGES = 1_000_000;
/** ws inflates in other threads, which costs it a hundred times more than the rest. */
const COMPRESSED_MESSAGES = 10_000;
const PAYLOAD = 200;

interface SocketRow extends Row {
  messages_per_s?: number;
  baseline_messages_per_s?: number;
}

type Run = () => Promise<Cost>;

const children: ChildProcess[] = [];

function start(name: string, args: readonly string[], trust: string): ChildProcess {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = fork(file, args, { env: { ...process.env, NODE_EXTRA_CA_CERTS: trust } });
  children.push(child);
  return child;
}

/** The next message of a child; its end before that is an error. */
async function heard<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const message = once(child, "message", { signal }).then(([value]) => value as T);
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`expected an answer of ${child.spawnargs.at(-1)}, saw its end with ${code}`);
  });
  try {
    return await Promise.race([message, ended]);
  } finally {
    over.abort();
    ended.catch(() => undefined);
    message.catch(() => undefined);
  }
}

/** Key and certificate of localhost, or null where there is no openssl. */
function certificate(folder: string): [key: string, cert: string] | null {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert];
  if (spawnSync("openssl", [...what.split(" "), ...names]).status === 0) return [key, cert];
  process.stderr.write("no openssl that can make a certificate: rows over TLS are left out\n");
  return null;
}

/** Both of our sockets in the client process, from the same server. */
function taking(client: ChildProcess, url: string, messages: number, compression = false): Map<string, Run> {
  const run = (name: string): Run => {
    return async () => {
      const answer = heard<Cost>(client);
      client.send({ name, url, compression, messages } satisfies Order);
      return perMessage(await answer, messages);
    };
  };
  return new Map(["ws", "fast"].map((name) => [name, run(name)]));
}

function perMessage({ ns, cpu }: Cost, messages: number): Cost {
  return { ns: ns / messages, cpu: cpu / messages };
}

function takingInC(program: string, port: number): Run {
  const child = spawn(program, [String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async () => {
    child.stdin.write(`${MESSAGES}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("expected an answer of bench/c/socket.c, saw its end");
    const [ns, cpu, bytes] = value.split(" ").map(Number);
    if (bytes !== MESSAGES * PAYLOAD) throw new Error(`expected all bytes in C, saw ${bytes}`);
    return perMessage({ ns: ns!, cpu: cpu! }, MESSAGES);
  };
}

/** Both times of each contestant, of the same rounds. */
async function measure(runs: ReadonlyMap<string, Run>, options: BenchOptions): Promise<[Samples, Samples]> {
  const cpu: Samples = new Map([...runs.keys()].map((name) => [name, []]));
  const contestants: Contestant[] = [...runs].map(([name, run]) => ({
    name,
    run: async () => {
      const cost = await run();
      cpu.get(name)!.push(cost.cpu);
      return cost.ns;
    },
  }));
  const wall = await race(contestants, options);
  for (const values of cpu.values()) values.splice(0, options.warmup);
  return [wall, cpu];
}

function* rows(how: string, wall: Samples, cpu: Samples): Generator<SocketRow> {
  const rate = (name: string): number => Math.round(1e9 / quantile(wall.get(name)!, 0.5));
  for (const baseline of [...wall.keys()].filter((name) => name !== "fast")) {
    yield {
      ...compare("socket", `${how}, against ${baseline}`, wall, "fast", baseline),
      messages_per_s: rate("fast"),
      baseline_messages_per_s: rate(baseline),
    };
    yield compare("socket", `${how}, CPU, against ${baseline}`, cpu, "fast", baseline);
  }
}

export async function* bench(options: BenchOptions): AsyncGenerator<SocketRow> {
  const folder = mkdtempSync(join(tmpdir(), "feedhorn-bench-socket-"));
  try {
    const files = certificate(folder);
    const client = start("socket-client", [], files?.[1] ?? "");
    const program = compileC("socket");
    const port = await heard<number>(start("socket-server", ["plain"], ""));
    const plain = taking(client, `ws://127.0.0.1:${port}`, MESSAGES);
    if (program !== null) plain.set("C", takingInC(program, port));
    yield* rows("plain", ...(await measure(plain, options)));
    const deflating = `ws://127.0.0.1:${await heard<number>(start("socket-server", ["deflate"], ""))}`;
    const deflated = taking(client, deflating, COMPRESSED_MESSAGES, true);
    yield* rows("permessage-deflate", ...(await measure(deflated, options)));
    if (files === null) return;
    const url = `wss://localhost:${await heard<number>(start("socket-server", ["tls", ...files], ""))}`;
    yield* rows("TLS", ...(await measure(taking(client, url, MESSAGES), options)));
  } finally {
    for (const child of children.splice(0)) child.kill();
    rmSync(folder, { recursive: true });
  }
}
