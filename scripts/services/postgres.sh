# PostgreSQL, from the system's packages. Sourced by scripts/services.sh.

postgres_port() { echo 5432; }

# The newest there is: Debian keeps the programs of each version in a folder of its own.
postgres_bin() {
  local bin
  bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
  echo "$bin"
}

postgres_missing() {
  [ -x "$(postgres_bin)/postgres" ] && return 0
  echo "PostgreSQL is not installed: run scripts/services.sh install postgres"
  return 1
}

postgres_packages() { echo postgresql; }

# It refuses root: then the user postgres runs it, who must be able to reach the folder. User and database are `postgres`.
# What is not synced is still there after a kill, only not after a power cut.
postgres_run() {
  local bin data=$DIR/data owner=() certs=()
  bin=$(postgres_bin)
  if [ "$(id -u)" -eq 0 ]; then
    owner=(setpriv --reuid=postgres --regid=postgres --init-groups)
    chown postgres: "$DIR"
    "${owner[@]}" test -w "$DIR" || refuse "a folder that the user postgres can reach" "$DIR" "choose one below /tmp"
  fi
  [ -s "$data/PG_VERSION" ] || postgres_make
  rm -f "$data/postmaster.pid"
  if [ -n "$TLS" ]; then
    install -m 600 "$TLS/server.key" "$TLS/server.crt" "$TLS/ca.crt" "$data/"
    [ "${#owner[@]}" -eq 0 ] || chown postgres: "$data"/server.key "$data"/*.crt
    certs=(-c ssl=on -c ssl_cert_file=server.crt -c ssl_key_file=server.key -c ssl_ca_file=ca.crt)
  fi
  postgres_access >"$data/pg_hba.conf"
  cd "$data"
  local set=() one
  for one in ${SETTINGS[@]+"${SETTINGS[@]}"}; do set+=(-c "$one"); done
  launch --as postgres "$bin/postgres" -D "$data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c fsync=off -c shared_buffers=64MB -c max_wal_size=512MB -c max_connections=50 -c dynamic_shared_memory_type=mmap ${certs[@]+"${certs[@]}"} ${set[@]+"${set[@]}"}
}

postgres_make() {
  local secret=$DIR/secret
  rm -rf "$data"
  (umask 077 && printf '%s\n' "${PASSWORD:-postgres}" >"$secret")
  [ "${#owner[@]}" -eq 0 ] || chown postgres: "$secret"
  ${owner[@]+"${owner[@]}"} "$bin/initdb" -D "$data" -U "${AS_USER:-postgres}" --pwfile="$secret" --auth=trust --encoding=UTF8 --locale=C --no-sync >"$DIR/initdb.log" 2>&1 ||
    refuse "initdb to make a database" "$(tail -n 3 "$DIR/initdb.log")" "look into $DIR/initdb.log"
  rm -f "$secret"
}

postgres_access() {
  local kind=host method=trust
  [ -z "$TLS" ] || kind=hostssl
  [ -z "$PASSWORD" ] || method=scram-sha-256
  echo "$kind all all 127.0.0.1/32 $method$([ -z "$CLIENT_CERT" ] || echo " clientcert=verify-ca")"
}
