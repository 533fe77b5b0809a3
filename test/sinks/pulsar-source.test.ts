import { openPulsarSource } from "../../src/sinks/pulsar/consumer.ts";
import { pulsar } from "../../src/sinks/pulsar.ts";
import type { Sink } from "../../src/sinks/index.ts";
import { tokenOf, trial } from "./pulsar-trial.ts";
import { sourceContract } from "./source-suite.ts";

sourceContract(pulsar as Sink, trial, {
  wholeBatches: true,
  open: (place, group, topic = place.word) =>
    openPulsarSource(
      {
        url: `ws://${place.server.address}`,
        tenant: "public",
        namespace: "default",
        topic,
        subscription: `${place.word}-${group}`,
        from: "earliest",
        dead_letter_topic: `${place.word}-dead`,
        connect_timeout_ms: 30_000,
        request_timeout_ms: 30_000,
      },
      { name: "source", secrets: { token_env: tokenOf(place.server) }, report: () => undefined },
    ),
});
