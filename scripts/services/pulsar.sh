# Apache Pulsar standalone: broker, bookie and WebSocket door in one process. Sourced by scripts/services.sh.

PULSAR_VERSION=4.0.1
# What its own scripts open for Java 17.
PULSAR_OPENS=(java.base/jdk.internal.loader java.base/java.lang java.base/java.io java.base/java.util.zip java.base/java.nio java.base/jdk.internal.misc
  java.base/sun.net java.management/sun.management jdk.management/com.sun.management.internal java.base/jdk.internal.platform)

pulsar_port() { echo 8080; }

pulsar_missing() { jars_missing pulsar "$PULSAR_VERSION"; }

pulsar_packages() { java_packages; }

pulsar_get() {
  jars pulsar "$PULSAR_VERSION" "org.apache.pulsar:pulsar-broker:$PULSAR_VERSION"
}

# --port is HTTP and WebSocket, --port2 Pulsar's own protocol. --password is the key that tokens are signed with; one is left in DIR/token.
pulsar_run() {
  local data=$DIR/data opens=() one bookie
  [ -z "$CLIENT_CERT" ] || refuse "no --client-cert for pulsar" "it" "leave it out: its WebSocket door has none to show to its own broker"
  mkdir -p "$data"
  [ -n "$PORT2" ] || PORT2=$(free_port)
  # Its name is in the metadata: it must be the same after a restart.
  [ -s "$DIR/bookie.port" ] || free_port >"$DIR/bookie.port"
  bookie=$(cat "$DIR/bookie.port")
  (umask 077 && pulsar_conf >"$DIR/standalone.conf")
  cat >"$DIR/log4j2.xml" <<'EOF'
<Configuration status="ERROR"><Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1} - %m%n"/></Console></Appenders>
<Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers></Configuration>
EOF
  for one in "${PULSAR_OPENS[@]}"; do opens+=(--add-opens "$one=ALL-UNNAMED"); done
  cd "$data"
  launch java "${JAVA_QUICK[@]}" -Xmx384m -XX:MaxDirectMemorySize=256m "${opens[@]}" -Dio.netty.tryReflectionSetAccessible=true -Dpulsar.allocator.pooled=false \
    -Dbookkeeper.metadata.bookie.drivers=org.apache.pulsar.metadata.bookkeeper.PulsarMetadataBookieDriver \
    -Dbookkeeper.metadata.client.drivers=org.apache.pulsar.metadata.bookkeeper.PulsarMetadataClientDriver \
    -Dlog4j2.configurationFile="$DIR/log4j2.xml" -cp "$CACHE/pulsar-$PULSAR_VERSION/*" org.apache.pulsar.PulsarStandaloneStarter -c "$DIR/standalone.conf" \
    --no-functions-worker --no-stream-storage --metadata-dir "$data/metadata" --bookkeeper-dir "$data/bookkeeper" --bookkeeper-port "$bookie" -a 127.0.0.1
}

# Its journal has no checksums. What is written in two halves, and killed between them, is taken for a whole record at the next start, and with no second
# bookie to ask its topic can never be opened again ("Digest mismatch"): a buffer that holds more than is ever written at once makes it one write.
pulsar_conf() {
  cat <<EOF
bindAddress=127.0.0.1
advertisedAddress=127.0.0.1
listeningInterface=lo
allowLoopback=true
clusterName=standalone
webSocketServiceEnabled=true
managedLedgerDefaultEnsembleSize=1
managedLedgerDefaultWriteQuorum=1
managedLedgerDefaultAckQuorum=1
managedLedgerCacheSizeMB=32
defaultNumberOfNamespaceBundles=1
loadBalancerEnabled=false
functionsWorkerEnabled=false
transactionCoordinatorEnabled=false
topicLevelPoliciesEnabled=false
numIOThreads=2
numHttpServerThreads=8
webSocketNumIoThreads=2
journalSyncData=false
journalWriteBufferSizeKB=8192
EOF
  if [ -n "$TLS" ]; then pulsar_tls; else printf '%s\n' "webServicePort=$PORT" "brokerServicePort=$PORT2"; fi
  [ -z "$PASSWORD" ] || pulsar_tokens
  settings "%s=%s"
}

pulsar_tls() {
  cat <<EOF
webServicePort=
webServicePortTls=$PORT
brokerServicePort=
brokerServicePortTls=$PORT2
brokerClientTlsEnabled=true
tlsCertificateFilePath=$TLS/server.crt
tlsKeyFilePath=$TLS/server.key
tlsTrustCertsFilePath=$TLS/ca.crt
brokerClientTrustCertsFilePath=$TLS/ca.crt
EOF
}

pulsar_tokens() {
  local key token
  key=$(node -e 'console.log(require("node:crypto").createHash("sha256").update(process.argv[1]).digest("base64"))' "$PASSWORD")
  token=$(node -e '
    const text = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${text({ alg: "HS256" })}.${text({ sub: process.argv[2] })}`;
    const { createHmac } = require("node:crypto");
    console.log(`${signed}.${createHmac("sha256", Buffer.from(process.argv[1], "base64")).update(signed).digest("base64url")}`);
  ' "$key" "${AS_USER:-feedhorn}")
  echo "$token" >"$DIR/token"
  cat <<EOF
authenticationEnabled=true
authorizationEnabled=true
superUserRoles=${AS_USER:-feedhorn}
authenticationProviders=org.apache.pulsar.broker.authentication.AuthenticationProviderToken
tokenSecretKey=data:;base64,$key
brokerClientAuthenticationPlugin=org.apache.pulsar.client.impl.auth.AuthenticationToken
brokerClientAuthenticationParameters=token:$token
EOF
}
