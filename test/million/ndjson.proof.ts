import { ndjson } from "../../src/sinks/ndjson.ts";
import { trial } from "../sinks/ndjson-trial.ts";
import { million } from "./million.ts";

million(ndjson, trial);
