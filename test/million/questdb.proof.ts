import { questdb } from "../../src/sinks/questdb.ts";
import { trial } from "../sinks/questdb-trial.ts";
import { million } from "./million.ts";

million(questdb, trial);
