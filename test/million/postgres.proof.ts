import { postgres } from "../../src/sinks/postgres.ts";
import { trial } from "../sinks/postgres-trial.ts";
import { million } from "./million.ts";

million(postgres, trial);
