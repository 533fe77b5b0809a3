import { describe } from "vitest";
import { VENUES } from "../../src/venues/index.ts";
import { truthSuite } from "./truth.ts";

// Every other venue of the list; the rest are in truth.test.ts, which runs beside it.
describe("simulated minutes under every fault", () => truthSuite(VENUES.filter((_, i) => i % 2 === 1)));
