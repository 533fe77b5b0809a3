import { runPart } from "../../src/app/parts/inside.ts";
import type { Inside } from "../../src/app/parts/inside.ts";

/** A part for tests: answers, throws, ends or hangs as it is told. */
export type EchoOrder = "end" | "throw" | "throw later" | "hang" | { readonly echo: unknown };

runPart<{ readonly hello: string; readonly fail?: string }, EchoOrder, unknown>(async (inside) => {
  const { data } = inside;
  if (data.fail !== undefined) throw new Error(data.fail);
  inside.post({ hello: data.hello, secret: process.env["FEEDHORN_TEST_SECRET"] ?? null, pid: process.pid });
  inside.onMessage((order) => obey(inside, order));
});

function obey(inside: Inside<unknown, EchoOrder, unknown>, order: EchoOrder): void {
  if (typeof order === "object") return inside.post(order.echo);
  if (order === "end") {
    for (let i = 0; i < 1000; i++) inside.post(i);
    return void inside.end();
  }
  if (order === "throw") throw new Error("told to throw");
  if (order === "hang") for (;;);
  setTimeout(() => {
    throw new Error("told to throw later");
  }, 1);
}
