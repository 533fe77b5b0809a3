import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Paths in backticks that start in one of our folders: `src/feed/session/session.ts`, `test/rooms.test.ts`. Patterns are skipped. */
export function namedFiles(markdown: string): string[] {
  const paths = [...markdown.matchAll(/`((?:src|test|bench|clients|docs|fixtures|deploy)\/[\w./-]+)`/g)].map(
    ([, path]) => path!,
  );
  return [...new Set(paths)];
}

/** Targets of links that lead to files here, without their #anchor; code blocks do not count. */
export function relativeLinks(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, "");
  const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(
    ([, target]) => target!,
  );
  return targets
    .filter((target) => !/^([a-z][a-z+.-]*:|#|\/\/)/i.test(target))
    .map((target) => decodeURI(target.split("#", 1)[0]!));
}

describe("ARCHITECTURE.md", () => {
  it("tells its story in files that exist", () => {
    const paths = namedFiles(read("ARCHITECTURE.md"));
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("links between pages", () => {
  it.each(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/config.md"])(
    "%s leads only to files that exist",
    (page) => {
      const gone = relativeLinks(read(page)).filter(
        (target) => !existsSync(join(ROOT, dirname(page), target)),
      );
      expect(gone).toEqual([]);
    },
  );
});

describe("the readers of markdown", () => {
  it("find paths and links, and only those", () => {
    expect(
      namedFiles("`src/a/b.ts` src/c.ts `npm test` `src/a/b.ts` `test/x.test.ts` `src/venues/<v>/x.ts`"),
    ).toEqual(["src/a/b.ts", "test/x.test.ts"]);
    const page =
      '[a](docs/a.md#x) [b](https://b) [c](#c) ![d](d.png "t") [e](mailto:e)\n```\n[f](f.md)\n```\n';
    expect(relativeLinks(page)).toEqual(["docs/a.md", "d.png"]);
  });
});
