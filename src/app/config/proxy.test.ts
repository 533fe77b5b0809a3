import { expect, it } from "vitest";
import { compatPaths } from "./env.ts";
import { proxyFor, readProxies } from "./proxy.ts";

const PROXIES = readProxies({ HTTPS_PROXY: "http://p:3128", NO_PROXY: "internal.net, .corp, 10.0.0.7:8443" });

it.each([
  ["wss://ws.example.com/v2", "http://p:3128/"],
  ["https://api.example.com", "http://p:3128/"],
  ["ws://ws.example.com", null],
  ["https://a.internal.net", null],
  ["https://notinternal.net", "http://p:3128/"],
  ["https://x.corp", null],
  ["https://10.0.0.7:8443", null],
  ["https://10.0.0.7", "http://p:3128/"],
  ["wss://localhost:1", null],
  ["wss://127.0.0.1:1", null],
  ["wss://[::1]:1", null],
])("%s goes through %s", (url, proxy) => {
  expect(proxyFor(url, PROXIES)).toBe(proxy);
});

it("reads both spellings, ALL_PROXY, and a host without a scheme", () => {
  expect(readProxies({ https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }).https).toBe(
    "http://low:1/",
  );
  expect(readProxies({ ALL_PROXY: "p:1" })).toEqual({
    http: "http://p:1/",
    https: "http://p:1/",
    bypass: [],
  });
  expect(proxyFor("https://x.com", readProxies({ ALL_PROXY: "p:1", no_proxy: "*" }))).toBeNull();
});

it("refuses what is not a proxy without showing its password", () => {
  expect(() => readProxies({ HTTPS_PROXY: "socks5://me:hush@h:1" })).toThrow(
    'environment: HTTPS_PROXY: expected an http or https URL, saw "socks5://[redacted]@h:1"',
  );
});

it("names the compat files", () => {
  expect(compatPaths({})).toEqual({
    book: "/dev/shm/solusd_order_book.mmap",
    top: "/dev/shm/solusd_top_of_book.mmap",
  });
  expect(compatPaths({ OB_MMAP: "/a", TOB_MMAP: "/b" })).toEqual({ book: "/a", top: "/b" });
});
