import { redis } from "../../src/sinks/redis.ts";
import { trial } from "../sinks/redis-trial.ts";
import { million } from "./million.ts";

million(redis, trial);
