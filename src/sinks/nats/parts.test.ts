import { expect, it } from "vitest";
import { feedOf } from "../../../test/contracts/sink-feed.ts";
import { isOfTheRecord, isOutOfOrder, readAck } from "./ack.ts";
import { Subjects, token } from "./subject.ts";

it("reads what JetStream says of a message", () => {
  expect(readAck('{"stream":"S","seq":7}', 0)).toEqual({ ok: true, duplicate: false });
  expect(readAck('{"stream":"S","seq":7,"duplicate":true}', 0)).toEqual({ ok: true, duplicate: true });
  const full = readAck('{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}', 0);
  expect(full).toEqual({ ok: false, code: 10_077, reason: "maximum bytes exceeded" });
  expect([isOfTheRecord(full), isOutOfOrder(full)]).toEqual([false, false]);
  const long = readAck('{"error":{"err_code":10054,"description":"too long"},"stream":"S","seq":0}', 0);
  expect([isOfTheRecord(long), isOutOfOrder(long)]).toEqual([true, false]);
});

it("takes nothing for an ack that does not name a place in the stream", () => {
  for (const text of ["", "no", "[]", "null", "{}", '{"seq":0}', '{"seq":"1"}', "+OK"])
    expect(readAck(text, 0).ok, text).toBe(false);
  expect(readAck("", 503)).toMatchObject({ ok: false, code: 503 });
});

it("writes names as tokens", () => {
  expect(token("BTC-USDT")).toBe("BTC-USDT");
  expect(token("XRP-USD-27MAR26-0.5-C")).toBe("XRP-USD-27MAR26-0%2E5-C");
  expect(token("a b*c>d%é")).toBe("a%20b%2Ac%3Ed%25%C3%A9");
  expect(token("")).toBe("-");
});

it("names lane, venue, instrument and kind; in another session ids mean others", () => {
  const feed = feedOf("a", 10, 3);
  const batch = feed.batch(0, 10);
  const subjects = new Subjects("md", "a");
  subjects.begin("1");
  const all = feed.starts.slice(0, 10).map((at) => subjects.of(batch.slots, at << 4, batch.rows).split("."));
  expect(all.map((words) => words.slice(0, 3).join("."))).toEqual(
    Array.from({ length: 10 }, () => "md.a.binance-coinm"),
  );
  expect(all.map((words) => words[4])).toEqual([
    "trade",
    "quote",
    "book",
    "ticker",
    "stats",
    "option_ticker",
    "index",
    "liquidation",
    "instrument",
    "status",
  ]);
  subjects.begin("2");
  const rows = { venue: () => "okx", instrument: () => null };
  expect(subjects.of(batch.slots, 0, rows)).toBe("md.a.okx.-.trade");
  expect([subjects.all, subjects.hole]).toEqual(["md.a.>", "md.a.-.-.hole"]);
});
