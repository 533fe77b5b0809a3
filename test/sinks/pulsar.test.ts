import { pulsar } from "../../src/sinks/pulsar.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./pulsar-trial.ts";

sinkContract(pulsar, trial);
