# QuestDB. Sourced by scripts/services.sh.

QUESTDB_VERSION=9.2.2

questdb_port() { echo 9000; }

questdb_missing() { jars_missing questdb "$QUESTDB_VERSION"; }

questdb_packages() { java_packages; }

questdb_get() {
  jars questdb "$QUESTDB_VERSION" "org.questdb:questdb:$QUESTDB_VERSION"
}

# Only the HTTP door: ILP, SQL and its console. The free edition knows no TLS.
questdb_run() {
  [ -z "$TLS" ] || refuse "no --tls for questdb" "--tls $TLS" "put a proxy that speaks TLS before it, as its free edition has none"
  mkdir -p "$DIR/data/conf"
  (
    umask 077
    {
      printf '%s\n' "http.bind.to=127.0.0.1:$PORT" http.min.enabled=false line.tcp.enabled=false pg.enabled=false telemetry.enabled=false
      printf '%s\n' shared.worker.count=2 cairo.writer.data.append.page.size=1M cairo.wal.writer.data.append.page.size=256K cairo.o3.column.memory.size=256K
      if [ -n "$PASSWORD" ]; then printf '%s\n' "http.user=${AS_USER:-admin}" "http.password=$PASSWORD"; fi
      settings "%s=%s"
    } >"$DIR/data/conf/server.conf"
  )
  launch java "${JAVA_QUICK[@]}" -Xmx256m -p "$CACHE/questdb-$QUESTDB_VERSION/questdb-$QUESTDB_VERSION.jar" -m io.questdb/io.questdb.ServerMain -d "$DIR/data"
}
