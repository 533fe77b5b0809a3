import { kafka } from "../../src/sinks/kafka.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./kafka-trial.ts";

sinkContract(kafka, trial);
