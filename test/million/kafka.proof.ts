import { kafka } from "../../src/sinks/kafka.ts";
import { trial } from "../sinks/kafka-trial.ts";
import { million } from "./million.ts";

million(kafka, trial);
