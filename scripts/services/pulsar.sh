pulsar_missing() { echo 'pulsar: not yet'; return 1; }
pulsar_install() { false; }
pulsar_run() { false; }
pulsar_port() { echo 1; }
