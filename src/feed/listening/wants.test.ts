import { describe, expect, it } from "vitest";
import { VenueReader } from "../../log/index.ts";
import type { Instrument } from "../../model/index.ts";
import {
  ADA,
  Bench,
  BOOK,
  BTC,
  ETH,
  kraken,
  LIST,
  pairs,
  SECOND,
  SOL,
  spot,
} from "../../../test/contracts/wired-lane.ts";
import { addNames, removeNames, reportOf } from "./orders.ts";

describe("what a feed wants while it runs", () => {
  it("takes an instrument that the venue lists later, on the connection that is there", () => {
    const bench = new Bench({ symbols: ["BTC-USD", "ADA-USD"] });
    bench.begin(LIST);
    expect(bench.reports).toEqual([
      "error instrument not listed by the venue; check the name ADA-USD",
      "info connected",
    ]);
    expect(bench.wires[0]!.asked()).toEqual([
      "subscribe instrument",
      "subscribe trade BTC/USD",
      "subscribe book BTC/USD",
    ]);
    bench.told();
    bench.feed.wants.listed([...LIST, ADA!]);
    expect(bench.told()).toEqual(["instrument ADA/USD trading"]);
    expect(bench.wires).toHaveLength(1);
    expect(bench.wires[0]!.asked()).toEqual(["subscribe trade ADA/USD", "subscribe book ADA/USD"]);
    expect(bench.feed.markets.map((one) => one.symbol)).toEqual(["BTC/USD", "ADA/USD"]);
    expect(bench.counter("feedhorn_instruments_joined_total")).toBe(1);
    bench.stop();
  });

  it("lets a delisted instrument's book leave live first, and never takes or asks for it again", () => {
    const bench = new Bench({ symbols: ["*-USD"] });
    bench.begin(LIST);
    bench.say(BOOK);
    bench.wires[0]!.asked();
    expect(bench.told().at(-1)).toBe("book BTC/USD live");
    bench.feed.wants.listed([ETH!, SOL!]);
    expect(bench.told()).toEqual(["book BTC/USD halted venue", "instrument BTC/USD delisted"]);
    expect(bench.wires[0]!.asked()).toEqual(["unsubscribe trade BTC/USD", "unsubscribe book BTC/USD"]);
    bench.say(BOOK);
    bench.pass(60_000);
    expect([bench.told(), bench.wires[0]!.asked()]).toEqual([[], []]);
    expect(bench.counter('feedhorn_instruments_left_total{venue="kraken",reason="delisted"}')).toBe(1);
    bench.feed.wants.listed(LIST);
    expect(bench.told()).toEqual(["instrument BTC/USD trading"]);
    bench.say(BOOK);
    expect(bench.told()).toEqual(["book BTC/USD", "book BTC/USD live"]);
    expect(bench.feed.markets.find((one) => one.symbol === "BTC/USD")!.state.epoch).toBe(2);
    bench.stop();
  });

  it("takes what the stream tells of: an end at once, a new instrument with the next tick", () => {
    const bench = new Bench({ symbols: ["BTC-USD", "ADA-USD"] });
    bench.begin(LIST);
    bench.say(BOOK);
    bench.wires[0]!.asked();
    bench.told();
    bench.say(pairs(["ADA", "online"], ["BTC", "delisted"], ["ETH", "online"]));
    expect(bench.told()).toEqual(["book BTC/USD halted venue", "instrument BTC/USD delisted"]);
    expect(bench.wires[0]!.asked()).toEqual([]);
    bench.pass(100);
    expect(bench.told()).toEqual(["instrument ADA/USD trading"]);
    expect(bench.wires[0]!.asked()).toEqual([
      "subscribe trade ADA/USD",
      "subscribe book ADA/USD",
      "unsubscribe trade BTC/USD",
      "unsubscribe book BTC/USD",
    ]);
    bench.stop();
  });

  it("does not believe a list that lacks most of what there was before the next says the same, and an empty one never", () => {
    const bench = new Bench({ symbols: ["*"] });
    bench.begin(LIST);
    const listen = (list: readonly Instrument[]): number => {
      bench.feed.wants.listed(list);
      return bench.feed.markets.length;
    };
    expect([listen([]), listen([]), listen([BTC!]), listen(LIST), listen([BTC!])]).toEqual([3, 3, 3, 3, 3]);
    expect(listen([BTC!])).toBe(1);
    bench.stop();
  });

  it("halts an instrument when its time has come, and lets it go after a while", () => {
    const bench = new Bench({ symbols: ["BTC-USD", "ETH-USD"] });
    bench.begin([spot("BTC", { expiry: bench.now + 10 * SECOND }), ETH!]);
    bench.say(BOOK);
    bench.told();
    bench.pass(9000);
    expect(bench.told()).toEqual([]);
    bench.pass(2000);
    expect(bench.told()).toEqual(["instrument BTC/USD expired", "book BTC/USD halted halted"]);
    bench.wires[0]!.asked();
    bench.pass(20_000);
    expect(bench.feed.markets).toHaveLength(2);
    bench.pass(20_000);
    expect(bench.told()).toEqual(["book BTC/USD halted venue"]);
    expect(bench.wires[0]!.asked()).toEqual(["unsubscribe trade BTC/USD", "unsubscribe book BTC/USD"]);
    expect(bench.counter('reason="expired"')).toBe(1);
    bench.stop();
  });

  it("tells of a refusal once, says why the book is not live, and does not ask for it for ever", () => {
    const bench = new Bench({ symbols: ["BTC-USD"] });
    bench.begin(LIST);
    bench.told();
    bench.wires[0]!.asked();
    const no =
      '{"error":"Currency pair not supported BTC/USD","method":"subscribe","success":false,"symbol":"BTC/USD"}';
    for (let i = 0; i < 3; i++) bench.say(no);
    expect(bench.reports.filter((one) => one.includes("refused"))).toEqual([
      "error subscription refused BTC/USD",
      "error subscription refused BTC/USD",
    ]);
    expect(bench.told()).toEqual(["book BTC/USD warming venue"]);
    for (let i = 0; i < 20; i++) bench.pass(60_000);
    expect(bench.wires[0]!.asked().filter((one) => one.includes("BTC/USD"))).toEqual([]);
    expect(reportOf(bench.feed.wants).instruments[0]!.channels["book"]).toEqual({
      state: "refused",
      reason: "Currency pair not supported BTC/USD",
    });
    bench.stop();
  });
});

describe("orders", () => {
  it("adds and removes names and patterns, and says what became of each", () => {
    const bench = new Bench({ symbols: ["BTC-USD"] });
    const { wants } = bench.feed;
    bench.begin([...LIST, spot("OLD", { status: "delisted" })]);
    bench.told();
    bench.wires[0]!.asked();
    const words = (all: ReturnType<typeof addNames>): string[] =>
      all.map((one) => `${one.symbol} ${one.outcome} ${one.instruments.join()}`.trim());
    expect(words(addNames(wants, ["ETH-USD", "BTC-USD", "NOPE", "OLD-USD", "X*"]))).toEqual([
      "ETH-USD accepted ETH/USD",
      "BTC-USD already BTC/USD",
      "NOPE not_listed",
      "OLD-USD not_listed",
      "X* accepted",
    ]);
    expect(bench.wires[0]!.asked()).toEqual(["subscribe trade ETH/USD", "subscribe book ETH/USD"]);
    expect(words(addNames(wants, ["ETH-USD"], ["quote", "trade"]))).toEqual(["ETH-USD accepted ETH/USD"]);
    expect(words(addNames(wants, ["ETH-USD"], ["liquidation"]))).toEqual(["ETH-USD refused"]);
    bench.feed.wants.listed([...LIST, spot("XRP")]);
    expect(bench.feed.markets.map((one) => one.symbol)).toEqual(["BTC/USD", "ETH/USD", "XRP/USD"]);
    bench.say(BOOK);
    bench.told();
    bench.wires[0]!.asked();
    expect(words(removeNames(wants, ["BTC/USD", "SOL-USD", "X*"]))).toEqual([
      "BTC/USD removed BTC/USD",
      "SOL-USD not_subscribed",
      "X* removed XRP/USD",
    ]);
    expect(bench.told()).toEqual(["book BTC/USD stale operator", "book XRP/USD stale operator"]);
    expect(bench.wires[0]!.asked()).toEqual([
      "unsubscribe trade BTC/USD XRP/USD",
      "unsubscribe book BTC/USD XRP/USD",
    ]);
    bench.stop();
  });

  it("takes so many patterns and no more, and the same name once", () => {
    const bench = new Bench({ symbols: ["BTC-USD"] });
    bench.begin(LIST);
    const many = addNames(
      bench.feed.wants,
      Array.from({ length: 70 }, (_, i) => `X${i}*`),
    );
    expect(many.filter((one) => one.outcome === "accepted")).toHaveLength(64);
    expect(many.at(-1)!.reason).toBe("a feed takes at most 64 patterns");
    addNames(bench.feed.wants, ["ETH-USD", "ETH-USD", "ETH/USD"]);
    expect(bench.feed.markets.map((one) => one.symbol)).toEqual(["BTC/USD", "ETH/USD"]);
    bench.feed.wants.listed([...LIST, spot("X7")]);
    expect(bench.feed.markets.map((one) => one.symbol)).toEqual(["BTC/USD", "ETH/USD", "X7/USD"]);
    bench.stop();
  });

  it("closes a connection that carries nothing any more, and opens one when there is something again", () => {
    const bench = new Bench({ symbols: ["BTC-USD"] });
    bench.begin(LIST);
    removeNames(bench.feed.wants, ["BTC-USD"]);
    expect([bench.wires[0]!.closed, bench.feed.sessions.length]).toEqual([true, 0]);
    expect(bench.counter("feedhorn_reconnects_total")).toBe(0);
    addNames(bench.feed.wants, ["BTC-USD"]);
    expect([bench.wires.length, bench.feed.sessions.length]).toEqual([2, 1]);
    expect(bench.reports.filter((one) => one.startsWith("warn"))).toEqual([]);
    bench.stop();
  });

  it("opens another connection when there is no room on those there are", () => {
    const limits = { ...kraken.limits, streamsPerSocket: 5 };
    const bench = new Bench({ symbols: ["BTC-USD"], venue: { ...kraken, limits } });
    bench.begin(LIST);
    addNames(bench.feed.wants, ["ETH-USD", "SOL-USD"]);
    for (const wire of bench.wires.slice(1)) wire.events.open();
    expect(bench.wires.map((wire) => wire.asked().filter((one) => one.includes("book")))).toEqual([
      ["subscribe book BTC/USD", "subscribe book ETH/USD"],
      ["subscribe book SOL/USD"],
    ]);
    bench.stop();
  });

  it("has no room beyond the limit or the table, and pushes nothing out for what is new", () => {
    const bench = new Bench({ symbols: ["*-USD"], maxInstruments: 3 });
    bench.begin(LIST);
    bench.feed.wants.listed([...LIST, ADA!]);
    expect(bench.feed.markets.map((one) => one.symbol)).toEqual(["BTC/USD", "ETH/USD", "SOL/USD"]);
    const [one] = addNames(bench.feed.wants, ["ADA-USD"]);
    expect([one!.outcome, one!.reason]).toEqual([
      "no_room",
      "max_instruments is 3; raise it or ask for less",
    ]);
    expect(bench.feed.markets).toHaveLength(3);
    expect(reportOf(bench.feed.wants).left_out).toEqual({
      "ADA/USD": "max_instruments is 3; raise it or ask for less",
    });
    const full = new Bench({ symbols: ["BTC-USD"] });
    full.begin([...LIST, ...Array.from({ length: 20 }, (_, i) => spot(`C${i}`))]);
    const many = addNames(
      full.feed.wants,
      Array.from({ length: 17 }, (_, i) => `C${i}-USD`),
    );
    expect(many.map((each) => each.outcome)).toEqual([
      ...Array.from({ length: 15 }, () => "accepted"),
      "no_room",
      "no_room",
    ]);
    bench.stop();
    full.stop();
  });
});

describe("two feeds of one venue in a lane", () => {
  it("keep their instruments apart, hear their own frames, and add up in the venue's figures", () => {
    const bench = new Bench({ symbols: ["BTC-USD"] }, { symbols: ["ETH-USD", "BTC-USD"] });
    const [one, two] = bench.lane.feeds;
    bench.begin(LIST, one);
    bench.begin(LIST, two);
    expect(two!.markets.map((market) => market.symbol)).toEqual(["ETH/USD"]);
    expect(bench.reports.filter((report) => report.includes("not taken"))).toEqual([
      "error instrument not taken BTC/USD",
    ]);
    bench.say(BOOK, bench.wires[0]);
    const gone = pairs(["ETH", "delisted"]);
    bench.say(gone, bench.wires[1]);
    expect([one!.markets.length, two!.markets.length]).toEqual([1, 0]);
    bench.pass(100);
    expect(bench.counter('feedhorn_instruments{venue="kraken"}')).toBe(1);
    expect(bench.counter("feedhorn_books_live")).toBe(1);
    const rows = new VenueReader(bench.region.venues).all();
    expect(rows.map((row) => [row.id, row.validity, row.connectionsUp])).toEqual([["kraken", "live", 1]]);
    bench.stop();
  });
});
