kafka_missing() { echo 'kafka: not yet'; return 1; }
kafka_install() { false; }
kafka_run() { false; }
kafka_port() { echo 1; }
