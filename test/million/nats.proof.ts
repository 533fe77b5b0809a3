import { nats } from "../../src/sinks/nats.ts";
import { trial } from "../sinks/nats-trial.ts";
import { million } from "./million.ts";

million(nats, trial);
