import { clickhouse } from "../../src/sinks/clickhouse.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./clickhouse-trial.ts";

sinkContract(clickhouse, trial);
