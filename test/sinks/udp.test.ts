import { udp } from "../../src/sinks/udp.ts";
import { sinkContract } from "../contracts/sink.ts";
import { trial } from "./udp-trial.ts";

sinkContract(udp, trial);
