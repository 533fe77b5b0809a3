import { openKafkaSource } from "../../src/sinks/kafka/consumer.ts";
import { kafka } from "../../src/sinks/kafka.ts";
import type { Sink } from "../../src/sinks/index.ts";
import { PASSWORD, trial, USER } from "./kafka-trial.ts";
import { sourceContract } from "./source-suite.ts";

sourceContract(kafka as Sink, trial, {
  open: (place, group, topic = place.word) =>
    openKafkaSource(
      {
        brokers: [place.server.address],
        sasl: "plain",
        username: USER,
        topic,
        group: `${place.word}-${group}`,
        from: "earliest",
        dead_letter_topic: `${place.word}-dead`,
        connect_timeout_ms: 5000,
        request_timeout_ms: 30_000,
      },
      { name: "source", secrets: { password_env: PASSWORD }, report: () => undefined },
    ),
});
