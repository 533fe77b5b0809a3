import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { checkConfig } from "../../src/app/config.ts";
import { SIDE } from "../../src/model/index.ts";
import type { OpenSink } from "../../src/sinks/index.ts";
import { redis } from "../../src/sinks/redis.ts";
import type { RedisOptions } from "../../src/sinks/redis/options.ts";
import { heapRegion } from "../../src/store/index.ts";
import { sharedService } from "../services/share.ts";
import { RedisRig, Told } from "./redis-rig.ts";
import { asking, PASSWORD } from "./redis-trial.ts";

const BEST_EFFORT = "+ping +select +client|setname +publish +set +del +xadd";
const LOSSLESS = "+ping +select +client|setname +xadd +multi +exec +xtrim +xrevrange +info +config|get";

const shared = sharedService("redis", { password: PASSWORD, set: { appendonly: "no" } });

/** As a configuration file has it, and the lane it would get. */
async function open(
  options: object,
  password: string | null,
): Promise<{ sink: OpenSink; rig: RedisRig; told: Told }> {
  const rig = new RedisRig(heapRegion({ lane: "main", slots: 1024, instruments: 4 }), [
    { symbol: "BTC-USD", canonical: "BTC-USD" },
  ]);
  const told = new Told();
  const said = password === null ? {} : { password_env: "REDIS_PASSWORD" };
  const config = checkConfig(
    {
      feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }],
      data: { dir: "/nowhere" },
      sinks: [{ type: "redis", ...said, ...options }],
    },
    "test",
    { REDIS_PASSWORD: password ?? "" },
  );
  const host = rig.host(told, password === null ? {} : { password_env: password });
  return { sink: await redis.open(config.sinks[0] as unknown as RedisOptions, host), rig, told };
}

async function reasonOf(options: object, password: string | null): Promise<string> {
  const fault = await open(options, password).then(
    () => "opened",
    (error: unknown) => (error as Error).message,
  );
  expect(fault).not.toContain(PASSWORD);
  return fault;
}

describe.skipIf(shared.missing !== null)("who may write, and how it is said", () => {
  const url = (rest = ""): string => `redis://${shared.service.address}${rest}`;

  it("wrong password, none, unknown user, unknown database", async () => {
    const where = url("/0");
    expect(await reasonOf({ url: url() }, "another")).toBe(
      `${where}: expected an OK to AUTH, saw "WRONGPASS"; check username and the variable that password_env names`,
    );
    expect(await reasonOf({ url: url() }, null)).toMatch(
      /expected an OK to PING, saw "NOAUTH .*"; the server wants a password/,
    );
    expect(await reasonOf({ url: url(), username: "nobody" }, PASSWORD)).toMatch(/saw "WRONGPASS"/);
    expect(await reasonOf({ url: url("/4711") }, PASSWORD)).toMatch(
      /expected an OK to SELECT, saw "ERR .*"; the number behind the last/,
    );
  });

  it("nobody there, somebody else there, somebody who says nothing", async () => {
    const deaf = createServer(() => undefined);
    const web = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const echo = createServer((socket) => socket.pipe(socket));
    for (const server of [deaf, web, echo])
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = (server: typeof deaf): string => `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await reasonOf({ url: at(web) }, null)).toMatch(/expected an answer of Redis, saw "TTP\/1.1 400/);
    expect(await reasonOf({ url: at(deaf), connect_ms: 300 }, null)).toMatch(
      /expected an answer within 300 ms, saw none/,
    );
    expect(await reasonOf({ url: at(echo) }, null)).toMatch(/expected a Redis server, saw no PONG to PING/);
    const gone = at(web);
    for (const server of [deaf, web, echo]) server.close();
    expect(await reasonOf({ url: gone }, null)).toMatch(/expected a Redis server, saw .*ECONNREFUSED/);
  });

  const opened: OpenSink[] = [];
  afterEach(async () => {
    for (const sink of opened.splice(0)) await sink.close();
  });

  it("best effort and lossless need the rights that the page names, and no others; a database of its own", async () => {
    for (const [rights, options] of [
      [BEST_EFFORT, { scheme: "native", outputs: ["pubsub", "streams", "latest"] }],
      [LOSSLESS, { delivery: "lossless" }],
    ] as const) {
      await asking(shared.service, async (client) => {
        await client.sendCommand([
          "ACL",
          "SETUSER",
          "feed",
          "reset",
          "on",
          `>${PASSWORD}`,
          "~*",
          "&*",
          ...rights.split(" "),
        ]);
        await client.flushAll();
      });
      const { sink, rig, told } = await open({ url: url("/3"), username: "feed", ...options }, PASSWORD);
      opened.push(sink);
      rig.trade(0, 0, 100, 1, SIDE.BUY, 1);
      rig.quote(1, 0, [99, 1], [101, 1]);
      await sink.write(rig.batch());
      expect((await sink.flush())["main"]).toBe(2);
      expect(told.states.filter((state) => state !== "connected")).toEqual([]);
      const keys = await asking(shared.service, async (client) => {
        await client.select(3);
        return (await client.keys("*")).toSorted();
      });
      expect(keys).toEqual(
        "delivery" in options
          ? ["feedhorn:log:main"]
          : [
              "feedhorn:latest:quote:kraken:BTC-USD",
              "feedhorn:latest:trade:kraken:BTC-USD",
              "feedhorn:stream:quote:kraken:BTC-USD",
              "feedhorn:stream:trade:kraken:BTC-USD",
            ],
      );
    }
  });

  it("lossless says what is not its stream, and that nothing is kept", async () => {
    await asking(shared.service, (client) => client.xAdd("mine:log:main", "7-0", { data: "x" }));
    expect(await reasonOf({ url: url(), delivery: "lossless", prefix: "mine" }, PASSWORD)).toMatch(
      /stream mine:log:main: expected entries of this sink .* saw 7-0; give the sink another prefix/,
    );
    await asking(shared.service, (client) => client.set("text:log:main", "x"));
    expect(await reasonOf({ url: url(), delivery: "lossless", prefix: "text" }, PASSWORD)).toMatch(
      /stream text:log:main: expected to read its newest entry, saw "WRONGTYPE/,
    );
    const { sink, told } = await open({ url: url(), delivery: "lossless", prefix: "other" }, PASSWORD);
    opened.push(sink);
    expect(told.reports.join()).toMatch(/warn .*append-only file \(appendonly yes\), saw none/);
  });
});

describe("its part of a configuration", () => {
  const fault = (options: object): string => {
    try {
      checkConfig(
        { feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }], sinks: [{ type: "redis", ...options }] },
        "test",
      );
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("refuses what cannot be, and never repeats a password", () => {
    expect(fault({})).toBe("none");
    const leaky = fault({ url: "redis://user:hunter2@10.0.0.7:6379" });
    expect(leaky).toMatch(/without a user or password/);
    expect(leaky).not.toContain("hunter2");
    expect(fault({ url: "http://10.0.0.7" })).toMatch(/expected redis:\/\/host:6379\/0/);
    expect(fault({ password_env: "not a name" })).toMatch(/name of an environment variable/);
    expect(fault({ delivery: "latest" })).toMatch(/newest values are chosen by key/);
    expect(fault({ delivery: "lossless", scheme: "b25" })).toMatch(/lossless is scheme native/);
    expect(fault({ url: "rediss://[::1]:6380/2" })).toBe("none");
  });
});
