import { withOptions } from "../../model/index.ts";
import { venueContract } from "../../../test/contracts/venue.ts";
import { bitget } from "./venue.ts";

/** The whole contract for the older protocol too: the same fixtures, its own encoder, requests and answers. */
venueContract(withOptions(bitget, { api: "v2" }));
