import { pulsar } from "../../src/sinks/pulsar.ts";
import { trial } from "../sinks/pulsar-trial.ts";
import { million } from "./million.ts";

million(pulsar, trial);
