import { expect, it } from "vitest";
import { hostOf, isLoopback } from "./loopback.ts";

it.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["localhost", true],
  ["LOCALHOST", true],
  ["::1", true],
  ["[::1]", true],
  ["0:0:0:0:0:0:0:1", true],
  ["::ffff:127.0.0.1", true],
  ["::ffff:10.0.0.1", false],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.evil.com", false],
  ["localhost.evil.com", false],
  ["fe80::1", false],
  ["1::1", false],
  ["", false],
])("%s", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

it.each([
  ["127.0.0.1:9090", "127.0.0.1"],
  ["[::1]:9090", "[::1]"],
  ["localhost", "localhost"],
  ["a@localhost", null],
  ["evil.com:80/127.0.0.1", null],
  [undefined, null],
])("host of %s", (header, host) => {
  expect(hostOf(header)).toBe(host);
});
