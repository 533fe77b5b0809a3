import { parquet } from "../../src/sinks/parquet.ts";
import { trial } from "../sinks/parquet-trial.ts";
import { million } from "./million.ts";

million(parquet, trial);
