import { startPart } from "../../src/app/parts/part.ts";

/** A process that starts a part, prints its process id and waits to be killed. */
const module = new URL("./echo.ts", import.meta.url);
const part = startPart<unknown, { readonly pid: number }>(module, { hello: "child" }, { as: "process" });
part.onMessage(({ pid }) => process.stdout.write(`${pid}\n`));
setInterval(() => undefined, 1000);
