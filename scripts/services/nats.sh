# NATS with JetStream, from the system's packages. Sourced by scripts/services.sh.

nats_port() { echo 4222; }

nats_missing() { PATH=$PATH:/usr/sbin need nats-server; }

nats_packages() { echo nats-server; }

nats_run() {
  local conf=$DIR/nats.conf
  (
    umask 077
    {
      printf '%s\n' 'server_name: "feedhorn-test"' "listen: \"127.0.0.1:$PORT\"" "jetstream { store_dir: \"$DIR\", max_file: 8G, max_mem: 256M }"
      if [ -n "$TLS" ]; then
        echo "tls { cert_file: \"$TLS/server.crt\", key_file: \"$TLS/server.key\", ca_file: \"$TLS/ca.crt\", verify: $([ -n "$CLIENT_CERT" ] && echo true || echo false), timeout: 5 }"
      fi
      if [ -n "$AS_USER" ]; then
        echo "authorization { user: \"$AS_USER\", password: \"$PASSWORD\" }"
      elif [ -n "$PASSWORD" ]; then
        echo "authorization { token: \"$PASSWORD\" }"
      fi
      settings "%s: %s"
    } >"$conf"
  )
  PATH=$PATH:/usr/sbin launch nats-server -c "$conf"
}
