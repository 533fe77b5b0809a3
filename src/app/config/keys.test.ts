import { describe, expect, it } from "vitest";
import { withOptions } from "../../model/index.ts";
import { venueById } from "../../venues/index.ts";
import { checkConfig, printConfig } from "../config.ts";
import { ConfigError } from "./error.ts";
import { keyHeaders, readKeys } from "./keys.ts";
import { feedOptions } from "../lane/plan.ts";
import { readProxies } from "./proxy.ts";

const KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
const ENV = { BINANCE_API_KEY: KEY };
const SBE = { venue: "binance", symbols: ["BTC-USDT"], options: { stream: "sbe" } };
const NAMED = { ...SBE, api_key_env: "BINANCE_API_KEY" };

function plan(feed: object, env: Record<string, string> = ENV): ReturnType<typeof feedOptions>[number] {
  const [lane] = checkConfig({ feeds: [feed] }, "f", env).lanes;
  return feedOptions(lane!, readProxies({}), readKeys(lane!.feeds, env))[0]!;
}

/** What is said of a configuration that cannot be used; it never holds the key. */
function said(feed: object, env: Record<string, string> = ENV): string {
  try {
    plan(feed, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toContain(KEY);
    return error.message;
  }
  return "";
}

describe("the key of a feed", () => {
  it("comes from the variable it names and goes into the header its venue asks for", () => {
    expect(plan(NAMED).headers).toEqual({ "X-MBX-APIKEY": KEY });
    expect(plan({ ...SBE, options: {} }).headers).toEqual({});
    expect(readKeys([], ENV)).toEqual({});
  });

  it("is missing: expected, seen, what to do", () => {
    expect(said(SBE)).toBe(
      "feeds: Binance Spot, SBE: expected api_key_env, the name of an environment variable that holds an Ed25519 API key, saw none; set both",
    );
    for (const env of [{}, { BINANCE_API_KEY: "" }] as Record<string, string>[])
      expect(said(NAMED, env)).toBe(
        "f: feeds[0].api_key_env: expected the environment variable BINANCE_API_KEY to hold an API key, saw it unset; set it where feedhorn is started",
      );
    const feed = checkConfig({ feeds: [NAMED] }, "f", ENV).lanes[0]!.feeds[0]!;
    expect(() => keyHeaders(feed, withOptions(venueById("binance")!, SBE.options), {})).toThrow(
      "expected an Ed25519 API key in the environment variable BINANCE_API_KEY, saw it unset; set it",
    );
  });

  it("is named where nobody asks for one", () => {
    expect(said({ ...NAMED, options: {} })).toBe(
      "feeds: binance: expected no api_key_env, as these sockets ask for no key, saw BINANCE_API_KEY; remove it",
    );
  });

  it("cannot be a header's value", () => {
    for (const tail of ["\n", " x", "\u00e9"])
      expect(said(NAMED, { BINANCE_API_KEY: KEY + tail })).toMatch(
        /saw blanks, line breaks or other characters/,
      );
  });

  it("is not written into the file itself, and not shown when it is", () => {
    expect(said({ ...SBE, api_key_env: KEY })).toBe(
      "f: feeds[0].api_key_env: expected the name of an environment variable (capital letters, digits, _), not the key itself, saw [redacted]",
    );
  });

  it("is in nothing that is printed; the variable's name is", () => {
    const text = printConfig(checkConfig({ feeds: [NAMED] }, "f", ENV));
    expect(text).not.toContain(KEY);
    expect(text).toContain('"api_key_env": "BINANCE_API_KEY"');
    expect(checkConfig(JSON.parse(text), "f", ENV)).toEqual(checkConfig({ feeds: [NAMED] }, "f", ENV));
  });
});
