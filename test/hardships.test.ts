import { describe } from "vitest";
import { VENUES } from "../src/venues/index.ts";
import { hardshipContract } from "./contracts/hardships.ts";

// Every venue of the list, by itself. One alone: npx vitest run test/hardships.test.ts -t "hardships of kraken"
for (const venue of VENUES) describe(`hardships of ${venue.id}`, () => hardshipContract(venue));
