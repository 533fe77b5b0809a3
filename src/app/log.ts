import { destination, pino } from "pino";
import type { Logger } from "pino";
import type { LogLevel } from "./config/schema.ts";
import { redact, redactUrl } from "./config/redact.ts";

/** Fields of one line. Values of secret-sounding keys and passwords in URLs are hidden at any depth. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What every component is given: one JSON line per call on stderr. */
export interface Log {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** The same log with `component` on every line. */
  child(component: string, fields?: LogFields): Log;
  /** Lines that stderr did not take (it was closed). */
  readonly dropped: number;
}

export interface LogOptions {
  readonly level?: LogLevel;
  /** File descriptor to write to; stderr by default. */
  readonly fd?: number;
}

type Method = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/**
 * Lines are written at once, in order: nothing is lost when the process ends, and nothing is held in memory.
 * Logging is a cold path; what happens per message is counted in the region, not logged.
 */
export function createLog({ level = "info", fd = 2 }: LogOptions = {}): Log {
  const sink = destination({ fd, sync: true });
  const tally = { dropped: 0 };
  // A closed stderr (EPIPE) must not end the gateway.
  sink.on("error", () => tally.dropped++);
  return wrap(pino({ level, serializers: { err: asIs }, timestamp: isoTime, base, formatters }, sink), tally);
}

const base = { pid: process.pid };
const formatters = { level: (level: string) => ({ level }) };

function wrap(logger: Logger, tally: { readonly dropped: number }): Log {
  const at = (method: Method) => (message: string, fields?: LogFields) => {
    if (logger.isLevelEnabled(method)) logger[method](hide(fields), redactUrl(message));
  };
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: (component, fields) => wrap(logger.child({ component, ...hide(fields) }), tally),
    get dropped() {
      return tally.dropped;
    },
  };
}

function hide(fields: LogFields | undefined): LogFields {
  return redact(fields ?? {}) as LogFields;
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}

/** Errors are already plain when they get here. */
function asIs(value: unknown): unknown {
  return value;
}
