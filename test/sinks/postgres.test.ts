import { postgres } from "../../src/sinks/postgres.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./postgres-trial.ts";

sinkContract(postgres, trial);
