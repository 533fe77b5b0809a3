import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { addressOf } from "./settings.ts";

const timeout_ms = 1000;

it("keys go before the dsn, secrets before what stands in it", () => {
  const secrets = { dsn_env: "host=db user=feed password=one dbname=market", password_env: "two" };
  expect(addressOf({ timeout_ms, port: 5433, user: "other" }, secrets)).toEqual({
    host: "db",
    port: 5433,
    user: "other",
    database: "market",
    password: "two",
    sslmode: "disable",
    tls: null,
    timeoutMs: 1000,
  });
});

it("is as safe as it is told to be", () => {
  const mode = (options: object): string => addressOf({ timeout_ms, ...options }, {}).sslmode;
  expect(mode({})).toBe("disable");
  expect(mode({ dsn: "sslmode=require" })).toBe("require");
  expect(mode({ tls: { insecure: false } })).toBe("verify-full");
  expect(mode({ tls: { insecure: true } })).toBe("require");
  expect(mode({ dsn: "sslmode=disable", tls: { insecure: false } })).toBe("verify-full");
  expect(mode({ tls: { insecure: false }, sslmode: "verify-ca" })).toBe("verify-ca");
});

it("reads the files that the dsn names", () => {
  const dir = mkdtempSync(join(tmpdir(), "feedhorn-dsn-"));
  writeFileSync(join(dir, "ca.pem"), "CA");
  const dsn = `sslmode=verify-full sslrootcert=${join(dir, "ca.pem")}`;
  expect(addressOf({ timeout_ms, dsn }, {}).tls).toEqual({ ca: "CA", rejectUnauthorized: true });
  rmSync(dir, { recursive: true });
  expect(() => addressOf({ timeout_ms, dsn }, {})).toThrow(/tls\.ca_file: expected a PEM file, saw ENOENT/);
});
