import { clickhouse } from "../../src/sinks/clickhouse.ts";
import { trial } from "../sinks/clickhouse-trial.ts";
import { million } from "./million.ts";

million(clickhouse, trial);
