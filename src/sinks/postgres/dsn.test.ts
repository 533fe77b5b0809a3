import { expect, it } from "vitest";
import { parseDsn } from "./dsn.ts";

it("reads what libpq reads", () => {
  expect(parseDsn("host=localhost user=postgres password=postgres dbname=trades")).toEqual({
    host: "localhost",
    user: "postgres",
    password: "postgres",
    database: "trades",
  });
  expect(parseDsn(String.raw`host = /run/pg port=5433 password='it\'s \\ here' application_name=x`)).toEqual({
    host: "/run/pg",
    port: 5433,
    password: String.raw`it's \ here`,
  });
  expect(
    parseDsn("postgres://feed:p%40ss@10.0.0.7:6432/market?sslmode=verify-full&sslrootcert=/ca.pem"),
  ).toEqual({
    host: "10.0.0.7",
    port: 6432,
    user: "feed",
    password: "p@ss",
    database: "market",
    sslmode: "verify-full",
    ca_file: "/ca.pem",
  });
  expect(parseDsn("postgresql://[::1]/db?sslmode=prefer")).toEqual({
    host: "::1",
    database: "db",
    sslmode: "disable",
  });
  expect(parseDsn("")).toEqual({});
});

it("says what is wrong and never what the password is", () => {
  const said = (text: string): string => {
    try {
      parseDsn(text);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  expect(said("host=a port=x password=hunter2")).toBe('dsn: port: expected 1 to 65535, saw "x"');
  expect(said("sslmode=maybe")).toMatch(/^dsn: sslmode: expected one of disable, .*saw "maybe"$/);
  for (const text of ["password=hunter2 'broken", "postgres://u:hunter2@[broken", "password='hunter2"]) {
    expect(said(text)).toMatch(/^dsn: expected/);
    expect(said(text)).not.toContain("hunter2");
  }
});
