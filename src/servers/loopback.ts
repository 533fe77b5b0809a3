import { isIPv4, isIPv6 } from "node:net";

/** Whether a host names this machine only: localhost, 127.0.0.0/8 (as IPv6 too) or ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare === "localhost" || bare === "localhost.") return true;
  const v4 = bare.replace(/^::ffff:/, "");
  if (isIPv4(v4)) return v4.startsWith("127.");
  return isIPv6(bare) && /^(0*:)*:?0*1$/.test(bare);
}

/** The host of a Host header, without its port; null when there is none or it is malformed. */
export function hostOf(header: string | undefined): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]/@]+)(?::\d{1,5})?$/.exec(header ?? "");
  return match ? match[1]! : null;
}
