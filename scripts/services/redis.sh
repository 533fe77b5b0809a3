# Redis, from the system's packages. Sourced by scripts/services.sh.

redis_port() { echo 6379; }

redis_missing() { need redis-server; }

redis_packages() { echo redis-server; }

# Everything is appended to a file before it is answered: a killed server has what it said it has.
redis_run() {
  local conf=$DIR/redis.conf
  (
    umask 077
    {
      printf '%s\n' "bind 127.0.0.1" "dir \"$DIR\"" "daemonize no" "appendonly yes" "appendfsync everysec" 'save ""' "loglevel notice"
      if [ -n "$TLS" ]; then
        printf '%s\n' "port 0" "tls-port $PORT" "tls-cert-file $TLS/server.crt" "tls-key-file $TLS/server.key" "tls-ca-cert-file $TLS/ca.crt"
        echo "tls-auth-clients $([ -n "$CLIENT_CERT" ] && echo yes || echo no)"
      else
        echo "port $PORT"
      fi
      if [ -n "$AS_USER" ]; then
        printf '%s\n' "user default off" "user $AS_USER on >$PASSWORD ~* &* +@all"
      elif [ -n "$PASSWORD" ]; then
        echo "requirepass \"$PASSWORD\""
      fi
      settings "%s %s"
    } >"$conf"
  )
  launch redis-server "$conf"
}
