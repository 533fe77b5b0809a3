# ClickHouse's engine behind its HTTP interface (clickhouse_http.py says what is real and what not). Sourced by scripts/services.sh.

CLICKHOUSE_VERSION=26.9.0

clickhouse_port() { echo 8123; }

clickhouse_missing() {
  "$CACHE/clickhouse-$CLICKHOUSE_VERSION/bin/python" -c 'import sys' 2>/dev/null && return 0
  echo "clickhouse $CLICKHOUSE_VERSION is not in $CACHE: run scripts/services.sh install clickhouse"
  return 1
}

clickhouse_packages() {
  python3 -c 'import ensurepip' 2>/dev/null || printf '%s\n' python3 python3-venv
}

clickhouse_get() {
  local dir=$CACHE/clickhouse-$CLICKHOUSE_VERSION
  mkdir -p "$CACHE"
  rm -rf "$dir" "$dir.part"
  # pandas and pyarrow, which it names, are for what is not used here.
  python3 -m venv "$dir.part" &&
    "$dir.part/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-cache-dir "chdb-core==$CLICKHOUSE_VERSION"
  rm -rf "$dir.part/lib/python3"*/site-packages/pip
  mv "$dir.part" "$dir"
}

clickhouse_run() {
  local words=()
  mkdir -p "$DIR/data"
  [ -z "$AS_USER" ] || words+=(--user "$AS_USER")
  [ -z "$TLS" ] || words+=(--cert "$TLS/server.crt" --key "$TLS/server.key")
  [ -z "$CLIENT_CERT" ] || words+=(--ca "$TLS/ca.crt")
  [ "${#SETTINGS[@]}" -eq 0 ] || refuse "no --set for clickhouse" "${SETTINGS[*]}" "give settings with each query, in its address"
  export CLICKHOUSE_PASSWORD=$PASSWORD
  launch "$CACHE/clickhouse-$CLICKHOUSE_VERSION/bin/python" "$SCRIPTS/services/clickhouse_http.py" "$PORT" "$DIR/data" ${words[@]+"${words[@]}"}
}
