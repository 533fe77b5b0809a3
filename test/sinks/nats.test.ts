import { nats } from "../../src/sinks/nats.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./nats-trial.ts";

sinkContract(nats, trial);
