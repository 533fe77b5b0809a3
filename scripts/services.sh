#!/usr/bin/env bash
# Real servers on the loopback interface, for tests and for trying things out. scripts/services.sh --help tells how.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# In this order they are installed and started.
SERVICES=(redis postgres nats kafka pulsar questdb clickhouse)
# What is not a package of the system goes here.
CACHE=${FEEDHORN_SERVICES:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/feedhorn-services}
PARENT=$PPID

# shellcheck source-path=SCRIPTDIR/services
. "$SCRIPTS/services/kit.sh"
. "$SCRIPTS/services/background.sh"
for name in "${SERVICES[@]}"; do . "$SCRIPTS/services/$name.sh"; done

usage() {
  cat <<'EOF'
Real servers on 127.0.0.1: redis postgres nats kafka pulsar questdb clickhouse

  scripts/services.sh install [NAME..]         gets what is missing (all, unless named); needs root for packages of the system
  scripts/services.sh missing NAME             says what is missing and ends with 1, or nothing and 0
  scripts/services.sh run NAME --port N --dir DIR [options]
                                               one server in the foreground, all its data under DIR
  scripts/services.sh start [NAME..] [--data DIR]
                                               servers in the background, on their usual ports or, if taken, others
  scripts/services.sh status [--data DIR]      which of those run, where
  scripts/services.sh stop [NAME..] [--data DIR]
  scripts/services.sh certs DIR                makes ca.crt, server.crt, server.key, client.crt, client.key for 127.0.0.1

Options of run:
  --password P       clients must give it (--user U: with this name, where the server knows names)
  --tls CERTS        speaks TLS only, with the certificates of `certs CERTS`
  --client-cert      and wants a certificate of the client signed by the same authority
  --port2 N          second port of kafka (controller) and pulsar (its own protocol); any free one otherwise
  --set KEY=VALUE    a setting of the server, in its own words; may come often
  --with-parent      ends when the process that started it ends (Linux)

Examples:
  scripts/services.sh install redis nats
  scripts/services.sh run redis --port 6379 --dir /tmp/redis
  scripts/services.sh certs /tmp/certs && scripts/services.sh run nats --port 4222 --dir /tmp/nats --tls /tmp/certs
  scripts/services.sh start && scripts/services.sh status && scripts/services.sh stop

What is no package of the system is kept in $FEEDHORN_SERVICES (default ~/.cache/feedhorn-services); `start` keeps its data in
its folder data/. These servers are for tests: small, quick to start, careless about power cuts.
EOF
}

command=${1:-}
[ "$#" -gt 0 ] && shift
case $command in
  install) install_all "$@" ;;
  missing) known "${1:-}" && "$1_missing" ;;
  run) run "$@" ;;
  certs) certs "${1:?expected a folder: scripts/services.sh certs DIR}" ;;
  start) start_all "$@" ;;
  stop) stop_all "$@" ;;
  status) status_all "$@" ;;
  "" | -h | --help | help) usage ;;
  *) refuse "a command of install, missing, run, start, status, stop, certs" "\"$command\"" "scripts/services.sh --help" ;;
esac
