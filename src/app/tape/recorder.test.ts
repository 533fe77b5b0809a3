import { expect, it } from "vitest";
import { RECORD, RecordCursor, TapeRingReader, tapeRing } from "../../log/index.ts";
import { Recorder, sameText } from "./recorder.ts";

const KEY = "k-1234";

it("blots out keys, wherever they stand", () => {
  const memory = tapeRing(1 << 16);
  const recorder = new Recorder(memory, [KEY, ""]);
  recorder.dial(0, "binance", `wss://venue.example/ws?apiKey=${KEY}`);
  recorder.sent(0, `{"op":"login","key":"${KEY}","again":"${KEY}"}`);
  recorder.asked(1, "binance", `https://venue.example/x?k=${KEY}`);
  recorder.sent(0, '{"op":"subscribe"}');
  recorder.order({ type: "add", symbols: ["BTC-USD"] });
  const reader = new TapeRingReader(memory);
  expect(reader.poll(1 << 16)).toBe(true);
  const cursor = new RecordCursor(reader.bytes, reader.start, reader.end);
  const told: [number, number, string][] = [];
  while (cursor.next()) told.push([cursor.kind, cursor.id, cursor.text()]);
  expect(told).toEqual([
    [RECORD.DIAL, 0, "binance\nwss://venue.example/ws?apiKey=[redacted]"],
    [RECORD.SENT, 0, '{"op":"login","key":"[redacted]","again":"[redacted]"}'],
    [RECORD.ASKED, 1, "binance\nhttps://venue.example/x?k=[redacted]"],
    [RECORD.SENT, 0, '{"op":"subscribe"}'],
    [RECORD.ORDER, 0, '{"type":"add","symbols":["BTC-USD"]}'],
  ]);
  expect(Buffer.from(new Uint8Array(memory)).includes(KEY)).toBe(false);
});

it("compares texts as far as the tape tells", () => {
  expect([sameText("a", "a"), sameText("a", "b"), sameText("key=x", "key=[redacted]")]).toEqual([
    true,
    false,
    true,
  ]);
});
