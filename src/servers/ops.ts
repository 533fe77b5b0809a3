import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AddressInfo } from "node:net";
import { hostOf, isLoopback } from "./loopback.ts";
import type { OpsSource } from "./ops-source.ts";
import { PROMETHEUS_TYPE, renderMetrics } from "./prometheus.ts";

export interface OpsOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Answers requests for any host name; otherwise only those for loopback names. */
  readonly allowRemote?: boolean;
}

export interface OpsServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The server cannot listen; the message is one line with what to do. */
export class OpsError extends Error {
  override readonly name = "OpsError";
}

const LIMITS = { maxConnections: 64, requestMs: 5_000, headerBytes: 8_192 };
const PATHS = ["/health", "/ready", "/metrics"];

/** Serves GET /health, /ready and /metrics. Throws OpsError when the address cannot be used. */
export async function serveOps(source: OpsSource, options: OpsOptions): Promise<OpsServer> {
  const app = fastify({
    forceCloseConnections: true,
    requestTimeout: LIMITS.requestMs,
    keepAliveTimeout: LIMITS.requestMs,
    http: { maxHeaderSize: LIMITS.headerBytes },
  });
  app.server.maxConnections = LIMITS.maxConnections;
  guard(app, options.allowRemote ?? false);
  routes(app, source);
  await listen(app, options);
  const { port } = app.server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host.replace(/[[\]]/g, "")}]` : options.host;
  return { url: `http://${host}:${port}`, port, close: () => app.close() };
}

function routes(app: FastifyInstance, source: OpsSource): void {
  app.get("/health", () => source.health());
  app.get("/ready", (_, reply) => {
    const { ready, reasons } = source.ready();
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not_ready", reasons });
  });
  app.get("/metrics", (_, reply) =>
    reply.type(PROMETHEUS_TYPE).send(renderMetrics(source.counters(), source.histograms())),
  );
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    if (PATHS.includes(path))
      return refuse(reply.header("allow", "GET, HEAD"), 405, `expected GET, saw ${request.method}`);
    return refuse(reply, 404, `no ${path} here; try ${PATHS.join(", ")}`);
  });
  // A figure that cannot be read is an answer too: 500 with the reason, never a guess.
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) =>
    refuse(reply, error.statusCode ?? 500, error.message),
  );
}

/** Refuses bodies, and (DNS rebinding) host names that a browser may have been lured to. */
function guard(app: FastifyInstance, allowRemote: boolean): void {
  app.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    const host = hostOf(request.headers.host);
    if (!allowRemote && !(host !== null && isLoopback(host))) {
      return refuse(
        reply,
        403,
        `expected a loopback Host header such as 127.0.0.1, saw ${JSON.stringify(request.headers.host ?? null)}`,
      );
    }
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
    if (length !== "0" || encoding !== undefined)
      return refuse(reply.header("connection", "close"), 413, "expected no request body");
    return undefined;
  });
}

function refuse(reply: FastifyReply, code: number, error: string): FastifyReply {
  return reply.code(code).type("application/json; charset=utf-8").send({ error });
}

async function listen(app: FastifyInstance, { host, port }: OpsOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice: Record<string, string> = {
      EADDRINUSE: "the port is in use; stop the other program, or set ops.port (FEEDHORN_OPS_PORT)",
      EACCES: "not permitted; set ops.port (FEEDHORN_OPS_PORT) to a port above 1023",
      EADDRNOTAVAIL: "the host is no address of this machine; set ops.host to 127.0.0.1",
      ENOTFOUND: "the host has no address; set ops.host to 127.0.0.1",
    };
    throw new OpsError(`ops server: cannot listen on ${host}:${port}: ${advice[code ?? ""] ?? message}`, {
      cause: error,
    });
  }
}
