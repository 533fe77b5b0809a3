import type { Environment } from "./env.ts";
import { ConfigError } from "./error.ts";
import { redactUrl } from "./redact.ts";

/** Proxies for outgoing connections; `bypass` holds host suffixes (with optional port), or "*". */
export interface Proxies {
  readonly http: string | null;
  readonly https: string | null;
  readonly bypass: readonly string[];
}

/** Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; the lower-case spelling wins, as with curl. */
export function readProxies(env: Environment = process.env): Proxies {
  const all = proxyOf(env, "ALL_PROXY");
  return {
    http: proxyOf(env, "HTTP_PROXY") ?? all,
    https: proxyOf(env, "HTTPS_PROXY") ?? all,
    bypass: (either(env, "NO_PROXY") ?? "")
      .split(/[\s,]+/)
      .filter((part) => part !== "")
      .map((part) => part.toLowerCase()),
  };
}

/** The proxy for an http(s) or ws(s) URL, or null for a direct connection. Loopback is always direct. */
export function proxyFor(url: string, proxies: Proxies): string | null {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === "https:" || protocol === "wss:";
  if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return null;
  const where = port || (secure ? "443" : "80");
  if (proxies.bypass.some((part) => bypassed(part, hostname, where))) return null;
  return secure ? proxies.https : proxies.http;
}

function bypassed(part: string, hostname: string, port: string): boolean {
  if (part === "*") return true;
  const [, name = part, only] = /^(.*?)(?::(\d+))?$/.exec(part) ?? [];
  const suffix = name.replace(/^\*?\./, "");
  return (only === undefined || only === port) && (hostname === suffix || hostname.endsWith(`.${suffix}`));
}

function proxyOf(env: Environment, name: string): string | null {
  const text = either(env, name);
  if (!text) return null;
  const address = text.includes("://") ? text : `http://${text}`;
  if (/^https?:/i.test(address) && URL.canParse(address)) return new URL(address).href;
  throw new ConfigError([
    `environment: ${name}: expected an http or https URL, saw ${JSON.stringify(redactUrl(text))}`,
  ]);
}

function either(env: Environment, name: string): string | undefined {
  return env[name.toLowerCase()] || env[name];
}
