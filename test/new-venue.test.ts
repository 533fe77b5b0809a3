import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Adding a venue, done and measured in a copy of the house. */
const ROOT = join(import.meta.dirname, "..");
const COPIED = [
  "src",
  "test",
  "tools",
  "clients",
  "docs",
  "fixtures",
  "tsconfig.base.json",
  "tsconfig.json",
  "tsconfig.tests.json",
];
const MORE = ["package.json", "vitest.config.ts", ".oxlintrc.json", ".oxfmtrc.json"];
const LIST = "src/venues/list.ts";
/** Compilers and test runners take their time on a crowded machine. */
const TIMEOUT = { timeout: 240_000 };

let copy = "";
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "feedhorn-venue-"));
  for (const name of [...COPIED, ...MORE]) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(copy, { recursive: true }));

function npx(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(join(ROOT, "node_modules/.bin", args[0]!), args.slice(1), {
    cwd: copy,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], NO_COLOR: "1" },
  });
  return { status, said: stdout + stderr };
}

/** Every file of the copy and its text, but what a compiler leaves behind. */
function files(): Map<string, string> {
  const names = readdirSync(copy, { recursive: true, encoding: "utf8" });
  const kept = names.filter(
    (name) => !/^(node_modules|dist)/.test(name) && statSync(join(copy, name)).isFile(),
  );
  return new Map(kept.map((name) => [name, readFileSync(join(copy, name), "latin1")]));
}

describe("npm run new-venue", () => {
  it("refuses names that are none, and those that are taken", TIMEOUT, () => {
    for (const name of ["", "Acme", "a_b", "kit", "kraken", "x".repeat(32)]) {
      const { status, said } = npx("tsx", "tools/new-venue.ts", name);
      expect([status, said.startsWith("new-venue: ")]).toEqual([1, true]);
    }
  });

  it(
    "writes a venue that touches nothing but its folder, its fixtures and one line of the list",
    TIMEOUT,
    () => {
      const before = files();
      const { status, said } = npx("tsx", "tools/new-venue.ts", "acme-spot");
      expect(status, said).toBe(0);
      const line = /^ +(export \{ acmeSpot \} from ".*";)$/m.exec(said)![1]!;
      writeFileSync(join(copy, LIST), `${readFileSync(join(copy, LIST), "utf8")}${line}\n`);
      const changed = [...files()].filter(([name, text]) => before.get(name) !== text).map(([name]) => name);
      const outside = changed.filter(
        (name) => !name.startsWith("src/venues/acme-spot/") && !name.startsWith("fixtures/venues/acme-spot/"),
      );
      expect(outside).toEqual([LIST]);
      const added =
        readFileSync(join(copy, LIST), "utf8").split("\n").length - before.get(LIST)!.split("\n").length;
      expect(added).toBe(1);
    },
  );

  it("compiles, keeps the walls, the lint and the form", TIMEOUT, () => {
    expect(npx("tsc", "-b", "src/venues")).toEqual({ status: 0, said: "" });
    const own = ["src/venues/acme-spot", "fixtures/venues/acme-spot"];
    expect(npx("oxlint", "--deny-warnings", own[0]!).status).toBe(0);
    expect(npx("oxfmt", "--check", ...own)).toMatchObject({ status: 0 });
    expect(npx("vitest", "run", own[0]!)).toMatchObject({ status: 0 });
    // Other files may be in other hands at this moment: what is said of this venue counts.
    expect(npx("vitest", "run", "test/rooms.test.ts").said).not.toContain("acme");
  });

  it("fails the suites until it is filled, in words that say what to do", TIMEOUT, () => {
    const contract = npx("vitest", "run", "test/contracts/venue.test.ts", "-t", "venue acme-spot");
    expect(contract.status).toBe(1);
    for (const [file, what] of [
      ["encode.ts", "write a trade as the venue does"],
      ["requests.ts", "subscribe to"],
      ["server.ts", "instrumentsBody: write the body of the metadata"],
    ])
      expect(contract.said).toContain(`src/venues/acme-spot/${file}: not written yet: ${what}`);
    expect(contract.said).toContain("fixtures/venues/acme-spot/*.jsonl");
    const hardships = npx("vitest", "run", "test/hardships.test.ts", "-t", "hardships of acme-spot");
    expect(hardships.status).toBe(1);
    expect(hardships.said).toContain("fixtures/venues/acme-spot/hardships/delisted.jsonl");
  });
});
