# A Kafka broker that is its own controller (KRaft). Sourced by scripts/services.sh.

KAFKA_VERSION=3.9.1

kafka_port() { echo 9092; }

kafka_missing() { jars_missing kafka "$KAFKA_VERSION"; }

kafka_packages() { java_packages; }

kafka_get() {
  jars kafka "$KAFKA_VERSION" "org.apache.kafka:kafka_2.13:$KAFKA_VERSION" org.slf4j:slf4j-simple:1.7.36
}

# Records are written to the files before they are acknowledged and synced later: they outlive a kill, not a power cut.
kafka_run() {
  local conf=$DIR/server.properties java=(java "${JAVA_QUICK[@]}" -Xmx320m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$CACHE/kafka-$KAFKA_VERSION/*")
  [ -n "$PORT2" ] || PORT2=$(free_port)
  (umask 077 && kafka_conf >"$conf")
  [ -f "$DIR/data/meta.properties" ] ||
    "${java[@]}" kafka.tools.StorageTool format -t feedhornfeedhornfeedho -c "$conf" >"$DIR/format.log" 2>&1 ||
    refuse "Kafka to format its folder" "$(tail -n 3 "$DIR/format.log")" "look into $DIR/format.log"
  launch "${java[@]}" kafka.Kafka "$conf"
}

kafka_conf() {
  local protocol=PLAINTEXT
  [ -z "$TLS" ] || protocol=SSL
  [ -z "$PASSWORD" ] || protocol=SASL_${protocol}
  cat <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$PORT2
listeners=CLIENT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$PORT2
listener.security.protocol.map=CLIENT:$protocol,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs=$DIR/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=16777216
EOF
  case $protocol in SASL*) kafka_sasl ;; esac
  [ -z "$TLS" ] || kafka_tls
  settings "%s=%s"
}

kafka_sasl() {
  local user=${AS_USER:-feedhorn}
  cat <<EOF
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="$user" password="$PASSWORD" user_$user="$PASSWORD";
EOF
}

kafka_tls() {
  cat "$TLS/server.key" "$TLS/server.crt" >"$DIR/server.pem"
  cat <<EOF
ssl.keystore.type=PEM
ssl.keystore.location=$DIR/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$TLS/ca.crt
ssl.client.auth=$([ -n "$CLIENT_CERT" ] && echo required || echo none)
EOF
}
