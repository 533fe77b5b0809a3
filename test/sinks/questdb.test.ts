import { questdb } from "../../src/sinks/questdb.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./questdb-trial.ts";

sinkContract(questdb, trial);
