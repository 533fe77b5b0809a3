import { redis } from "../../src/sinks/redis.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./redis-trial.ts";

sinkContract(redis, trial);
