import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HttpDoor } from "./http-door.ts";
import { SocketLost } from "./http-error.ts";

const servers: Server[] = [];
const doors: HttpDoor[] = [];
afterEach(async () => {
  for (const door of doors.splice(0)) door.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function doorTo(url: string, timeoutMs = 5000): { door: HttpDoor; said: (string | null)[] } {
  const said: (string | null)[] = [];
  const headers = { authorization: "Basic c2VjcmV0" };
  const door = new HttpDoor({
    vendor: "Some",
    url,
    tls: null,
    headers,
    timeoutMs,
    waits: (what) => said.push(what),
  });
  doors.push(door);
  return { door, said };
}

/** Says what it was asked. */
const echo: RequestListener = (asked, answer) => {
  const pieces: Buffer[] = [];
  asked.on("data", (piece: Buffer) => pieces.push(piece));
  asked.on("end", () => {
    const { method, url, headers } = asked;
    const body = Buffer.concat(pieces).toString("utf8");
    answer.setHeader("x-of", "the server");
    answer
      .writeHead(201)
      .end(JSON.stringify({ method, url, key: headers.authorization, type: headers["x-type"], body }));
  });
};

describe("a door", () => {
  it("asks with its headers, below the path of its url, and gives the whole answer", async () => {
    const url = await serve(echo);
    const { door } = doorTo(`${url}/base/`);
    const { status, headers, text } = await door.ask("/a?b=c");
    expect([status, headers["x-of"], door.origin]).toEqual([201, "the server", url]);
    expect(JSON.parse(text)).toEqual({ method: "GET", url: "/base/a?b=c", key: "Basic c2VjcmV0", body: "" });
    const posted = await door.ask("/x", "grüße", { "x-type": "text" });
    expect(JSON.parse(posted.text)).toMatchObject({
      method: "POST",
      url: "/base/x",
      type: "text",
      body: "grüße",
    });
  });

  it("asks again, once, when a kept connection was closed in the moment it was used", async () => {
    let asked = 0;
    const url = await serve((request, answer) => {
      asked += 1;
      // The first is answered and its connection kept; the second is cut off on it.
      if (asked === 2) request.socket.resetAndDestroy();
      else answer.end(String(asked));
    });
    const { door } = doorTo(url);
    expect((await door.ask("/")).text).toBe("1");
    expect((await door.ask("/")).text).toBe("3");
  });

  it("does not ask again when a new connection is cut off: what was asked may have been done", async () => {
    let asked = 0;
    const url = await serve((request) => {
      asked += 1;
      request.socket.resetAndDestroy();
    });
    const error = await doorTo(url)
      .door.ask("/", "rows")
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SocketLost);
    expect((error as SocketLost).message).toMatch(
      /^Some: expected an answer from http:.*, saw .*; it was cut off$/,
    );
    expect([asked, (error as SocketLost).refused]).toEqual([1, false]);
  });

  it("gives up after its time, and says meanwhile that it waits", { timeout: 20_000 }, async () => {
    const url = await serve(() => undefined);
    const { door, said } = doorTo(url, 2500);
    await expect(door.ask("/")).rejects.toThrow(
      `Some: expected an answer from ${url}, saw no answer within 2.5 s`,
    );
    expect(said).toEqual([`Some at ${url} has not answered for 2 s`, null]);
  });

  it("gives those that wait for a connection their time from then on", { timeout: 20_000 }, async () => {
    const url = await serve((_, answer) => void setTimeout(() => answer.end("late"), 700));
    const { door } = doorTo(url, 1500);
    const answers = await Promise.all(Array.from({ length: 16 }, () => door.ask("/")));
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 16 }, () => "late"));
  });

  it("says that nobody is there, and that nothing was sent", async () => {
    const url = await serve(echo);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    const error = await doorTo(url)
      .door.ask("/")
      .catch((thrown: unknown) => thrown);
    expect((error as SocketLost).message).toMatch(
      /ECONNREFUSED.*; nobody listens there: start it, or correct the url$/,
    );
    expect((error as SocketLost).refused).toBe(true);
  });

  it("never says what it sent", async () => {
    const url = await serve(
      (request, answer) => void answer.destroy(new Error(request.headers.authorization)),
    );
    await expect(doorTo(url).door.ask("/")).rejects.not.toThrow(/c2VjcmV0/);
  });
});
