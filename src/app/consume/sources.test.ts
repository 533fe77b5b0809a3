import { expect, it } from "vitest";
import { topicOf, webSocketOf } from "./sources.ts";

it("finds the WebSocket service of a broker", () => {
  expect(webSocketOf("pulsar://localhost:6650")).toBe("ws://localhost:8080");
  expect(webSocketOf("pulsar+ssl://p.example:6651/")).toBe("wss://p.example:8443");
  expect(webSocketOf("http://127.0.0.1:18080")).toBe("ws://127.0.0.1:18080");
  expect(webSocketOf("wss://[::1]:8443")).toBe("wss://[::1]:8443");
  expect(() => webSocketOf("pulsar://u:hunter2@host:6650")).toThrow(/^--pulsar-url: expected (?!.*hunter2)/);
  expect(() => webSocketOf("localhost:6650")).toThrow(/expected pulsar:/);
});

it("knows topics by their short and long names", () => {
  expect(topicOf("gemini.trades")).toEqual({
    tenant: "public",
    namespace: "default",
    topic: "gemini.trades",
  });
  expect(topicOf("persistent://a/b/c")).toEqual({ tenant: "a", namespace: "b", topic: "c" });
  expect(() => topicOf("a/b")).toThrow(/expected a name or tenant/);
});
