import { describe } from "vitest";
import { withOptions } from "../../model/index.ts";
import { hardshipContract } from "../../../test/contracts/hardships.ts";
import { gemini } from "./venue.ts";

// The archived second protocol, whose books have no numbers; the current one is judged with all venues.
describe("hardships of gemini/v2", () => hardshipContract(withOptions(gemini, { api: "v2" }), "gemini/v2"));
