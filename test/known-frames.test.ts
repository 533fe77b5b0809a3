import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { VENUE_CODES } from "../src/model/index.ts";
import { VENUES } from "../src/venues/index.ts";
import { knownFrames } from "./contracts/known-frames.ts";

/**
 * The tables that drift is measured against are those of the fixtures. After adding frames to a venue's fixtures:
 * WRITE_KNOWN=kraken npx vitest run test/known-frames.test.ts, and read the diff.
 */
const WRITE = process.env["WRITE_KNOWN"];

function source(id: string, table: Readonly<Record<string, string>>): string {
  const lines = Object.entries(table).map(([key, value]) => {
    const name = /^\w+$/.test(key) ? key : JSON.stringify(key);
    return `  ${name}:\n    ${JSON.stringify(value)},\n`;
  });
  return [
    `/** What the frames of fixtures/venues/${id} are made of, by test/known-frames.test.ts: do not edit. */\n`,
    "export const knownFrames: Readonly<Record<string, string>> = {\n",
    ...lines,
    "};\n",
  ].join("");
}

it.each(VENUES.filter(({ id }) => id in VENUE_CODES).map((venue) => [venue.id, venue] as const))(
  "%s knows the frames of its fixtures",
  (id, venue) => {
    const table = knownFrames(venue);
    if (WRITE === id)
      writeFileSync(new URL(`../src/venues/${id}/known-frames.ts`, import.meta.url), source(id, table));
    else expect(venue.knownFrames).toEqual(table);
  },
);
