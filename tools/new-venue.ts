import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VENUE_CODES } from "../src/model/index.ts";
import { VENUES } from "../src/venues/index.ts";

/** `npm run new-venue NAME`: the files of a venue that compiles, is in nobody's way, and says what it still needs. */

const ROOT = join(import.meta.dirname, "..");
const TEMPLATES = join(import.meta.dirname, "venue");
/** Room for an id in the venues table of a region, less the zero behind it. */
const LONGEST = 31;
/** Words that stand for something else in src/venues. */
const TAKEN = new Set(["assembly", "kit", "list", "index"]);

/** What is wrong with the name, or null. */
function complaint(id: string): string | null {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id) || id.length > LONGEST || TAKEN.has(id))
    return `expected a name of lower-case letters, digits and single dashes, at most ${LONGEST} characters, saw ${JSON.stringify(id)}`;
  const exists = readdirSync(join(ROOT, "src/venues")).some((name) => name.replace(/\.ts$/, "") === id);
  return exists ? `src/venues/${id} is there already` : null;
}

/** The next free number: never one that was given before. */
function nextCode(): number {
  return Math.max(...Object.values(VENUE_CODES), ...VENUES.map(({ code }) => code)) + 1;
}

function words(id: string): Record<string, string> {
  const parts = id.split("-").map((part) => part[0]!.toUpperCase() + part.slice(1));
  const name = parts.join("");
  return {
    __ID__: id,
    __CODE__: String(nextCode()),
    __TITLE__: parts.join(" "),
    __EXPORT__: name[0]!.toLowerCase() + name.slice(1),
  };
}

/** Copies a folder of templates; returns what was written, from the root. An existing file is an error. */
function fill(from: string, into: string, values: Record<string, string>): string[] {
  mkdirSync(join(ROOT, into), { recursive: true });
  return readdirSync(join(TEMPLATES, from)).map((name) => {
    const text = readFileSync(join(TEMPLATES, from, name), "utf8");
    const path = join(into, name.replace(/\.txt$/, ""));
    const filled = text.replaceAll(/__[A-Z]+__/g, (word) => values[word] ?? word);
    writeFileSync(join(ROOT, path), filled, { flag: "wx" });
    return path;
  });
}

function nextSteps(id: string, values: Record<string, string>): string {
  return `
Next:
  1. Collect frames with the address that documents each: fixtures/venues/${id}/*.jsonl, symbols in origin.json.
  2. Write read.ts, then parse.ts, control.ts, requests.ts, instruments.ts; then encode.ts and server.ts.
  3. Add one line to src/venues/list.ts; from then on it runs and is judged:
       export { ${values["__EXPORT__"]} } from "./${id}/venue.ts";
  4. npx vitest run test/contracts/venue.test.ts -t "venue ${id}"       says what is missing, test by test
     npx vitest run test/hardships.test.ts -t "hardships of ${id}"
  5. Its number on the log is ${values["__CODE__"]} (venue.ts): never change it once anything was recorded.
docs/adding-a-venue.md has every step.
`;
}

function run(id: string): number {
  const wrong = complaint(id);
  if (wrong !== null) {
    process.stderr.write(`new-venue: ${wrong}\n`);
    return 1;
  }
  const values = words(id);
  const written = [
    ...fill("src", `src/venues/${id}`, values),
    ...fill("fixtures", `fixtures/venues/${id}`, values),
  ];
  process.stdout.write(`${written.map((path) => `wrote ${path}\n`).join("")}${nextSteps(id, values)}`);
  return 0;
}

process.exitCode = run(process.argv[2] ?? "");
