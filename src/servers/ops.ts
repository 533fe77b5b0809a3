import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AddressInfo } from "node:net";
import { readLedgerQuery } from "./ledger.ts";
import type { LedgerSource } from "./ledger.ts";
import { hostOf, isLoopback } from "./loopback.ts";
import type { OpsSource } from "./ops-source.ts";
import { MAX_ORDER_BYTES } from "./subscriptions.ts";
import type { SubscriptionsSource } from "./subscriptions.ts";
import { PROMETHEUS_TYPE, renderMetrics } from "./prometheus.ts";

export interface OpsOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Answers requests for any host name; otherwise only those for loopback names. */
  readonly allowRemote?: boolean;
  /** What GET and POST /subscriptions speak to; without it there is no such path. */
  readonly subscriptions?: SubscriptionsSource;
  /** What GET /ledger asks; without it there is no such path. */
  readonly ledger?: LedgerSource;
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
const SUBSCRIPTIONS = "/subscriptions";
const LEDGER = "/ledger";

/** Serves GET /health, /ready, /metrics, /ledger, and GET and POST /subscriptions. Throws OpsError when the address cannot be used. */
export async function serveOps(source: OpsSource, options: OpsOptions): Promise<OpsServer> {
  const app = fastify({
    forceCloseConnections: true,
    requestTimeout: LIMITS.requestMs,
    keepAliveTimeout: LIMITS.requestMs,
    bodyLimit: MAX_ORDER_BYTES,
    http: { maxHeaderSize: LIMITS.headerBytes },
  });
  app.server.maxConnections = LIMITS.maxConnections;
  guard(app, options.allowRemote ?? false);
  const paths = [...PATHS];
  if (options.ledger !== undefined) paths.push(LEDGER);
  if (options.subscriptions !== undefined) paths.push(SUBSCRIPTIONS);
  routes(app, source, paths);
  if (options.ledger !== undefined) completeness(app, options.ledger);
  if (options.subscriptions !== undefined) orders(app, options.subscriptions);
  await listen(app, options);
  const { port } = app.server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host.replace(/[[\]]/g, "")}]` : options.host;
  return { url: `http://${host}:${port}`, port, close: () => app.close() };
}

function routes(app: FastifyInstance, source: OpsSource, paths: readonly string[]): void {
  app.get("/health", () => source.health());
  app.get("/ready", (_, reply) => {
    const { ready, reasons } = source.ready();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? "ready" : "not_ready",
      ...(ready ? {} : { reason: reasons.join("; ") }),
      reasons,
    });
  });
  app.get("/metrics", (_, reply) =>
    reply.type(PROMETHEUS_TYPE).send(renderMetrics(source.counters(), source.histograms())),
  );
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    if (!paths.includes(path)) return refuse(reply, 404, `no ${path} here; try ${paths.join(", ")}`);
    const allowed = path === SUBSCRIPTIONS ? ["GET", "HEAD", "POST"] : ["GET", "HEAD"];
    const expected = allowed.filter((one) => one !== "HEAD").join(" or ");
    return refuse(
      reply.header("allow", allowed.join(", ")),
      405,
      `expected ${expected}, saw ${request.method}`,
    );
  });
  // A figure that cannot be read is an answer too: 500 with the reason, never a guess.
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) =>
    refuse(reply, error.statusCode ?? 500, error.message),
  );
}

/** What was heard and what is missing. */
function completeness(app: FastifyInstance, ledger: LedgerSource): void {
  app.get(LEDGER, (request, reply) => {
    const query = readLedgerQuery(request.query as Record<string, unknown>);
    return typeof query === "string" ? refuse(reply, 400, query) : ledger.report(query);
  });
}

/**
 * What is listened to, and orders to change it. Orders come from this machine only, whatever else may be asked from
 * elsewhere, and as JSON, which no web page can send here without being asked first.
 */
function orders(app: FastifyInstance, source: SubscriptionsSource): void {
  app.get(SUBSCRIPTIONS, async (_, reply) => answered(reply, () => source.report()));
  app.post(SUBSCRIPTIONS, { onRequest: (request, reply) => local(request, reply) }, async (request, reply) =>
    answered(reply, async () => {
      const said = await source.order(request.body);
      if (said.type === "done") return { results: said.results };
      return refuse(reply, said.type === "wrong" ? 400 : 404, said.error);
    }),
  );
}

/** A part of the gateway that does not answer is an answer too: 503 with the reason. */
async function answered(reply: FastifyReply, ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    return refuse(reply, 503, error instanceof Error ? error.message : String(error));
  }
}

async function local(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const from = request.socket.remoteAddress ?? "";
  if (!isLoopback(from))
    return refuse(reply, 403, `expected an order from this machine, saw one from ${from}`);
  const { origin, "content-type": type = "none" } = request.headers;
  if (origin !== undefined) return refuse(reply, 403, "expected no Origin header: web pages give no orders");
  if (/^application\/json(;|$)/.test(type)) return undefined;
  return refuse(
    reply.header("connection", "close"),
    415,
    `expected content-type application/json, saw ${type}`,
  );
}

/** Refuses bodies where none belongs, and (DNS rebinding) host names that a browser may have been lured to. */
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
    if (request.method === "POST" && request.routeOptions.url === SUBSCRIPTIONS) return undefined;
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
