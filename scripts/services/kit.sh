# What the servers share. Sourced by scripts/services.sh.

# refuse EXPECTED SEEN DO
refuse() {
  echo "services: expected $1, saw $2: $3" >&2
  exit 2
}

known() {
  [[ " ${SERVICES[*]} " == *" $1 "* ]] || refuse "one of ${SERVICES[*]}" "\"$1\"" "name one of them"
}

# need PROGRAM..: what of it is not there.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null && continue
    echo "$program is not installed: run scripts/services.sh install"
    return 1
  done
}

# Packages of the system, without starting what they bring: servers of the tests are our own.
packages() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null ||
    refuse "root and apt-get to install $*" "user $(id -un)" "install it by other means, then try again"
  local policy=/usr/sbin/policy-rc.d ours=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && ours=1
  fi
  export DEBIAN_FRONTEND=noninteractive
  if [[ " $* " == *" postgresql "* ]]; then
    mkdir -p /etc/postgresql-common
    # The package makes a cluster of its own unless it is told not to; nobody here wants that one.
    [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  local code=0
  apt-get update -q >/dev/null
  apt-get install -q -y --no-install-recommends "$@" >/dev/null || code=$?
  [ "$ours" -eq 0 ] || rm -f "$policy"
  return "$code"
}

install_all() {
  local name why wanted=("$@") absent=() lacking=() job
  [ "$#" -gt 0 ] || wanted=("${SERVICES[@]}")
  for name in "${wanted[@]}"; do known "$name"; done
  for name in "${wanted[@]}"; do "${name}_missing" >/dev/null || absent+=("$name"); done
  mapfile -t lacking < <(
    command -v openssl >/dev/null || echo openssl
    for name in ${absent[@]+"${absent[@]}"}; do "${name}_packages"; done
  )
  [ "${#lacking[@]}" -eq 0 ] || packages "${lacking[@]}"
  # The largest two come from different places; Maven's own folder bears only one Maven at a time.
  [[ " ${absent[*]-} " != *" clickhouse "* ]] || { clickhouse_get & job=$!; }
  for name in ${absent[@]+"${absent[@]}"}; do
    case $name in kafka | pulsar | questdb) "${name}_get" ;; esac
  done
  [ -z "${job:-}" ] || wait "$job"
  for name in "${wanted[@]}"; do
    why=$("${name}_missing") || refuse "$name to be installed" "$why" "look at the lines above"
    echo "$name is installed"
  done
}

# free_port: one outside of the range that outgoing connections take theirs from, so that a server that is down for a moment gets its own back.
free_port() {
  node -e '
    const net = require("node:net");
    const next = (tries) => {
      const port = 15000 + Math.floor(Math.random() * 15000);
      const server = net.createServer();
      server.once("error", () => (tries > 0 ? next(tries - 1) : process.exit(1)));
      server.listen(port, "127.0.0.1", () => server.close(() => console.log(port)));
    };
    next(50);'
}

run() {
  known "${1:-}"
  local name=$1
  shift
  PORT="" DIR="" AS_USER="" PASSWORD="" TLS="" CLIENT_CERT="" PORT2="" WITH_PARENT="" SETTINGS=()
  while [ "$#" -gt 0 ]; do
    case $1 in
      --client-cert) CLIENT_CERT=1 && shift && continue ;;
      --with-parent) WITH_PARENT=1 && shift && continue ;;
    esac
    [ "$#" -ge 2 ] || refuse "a value for $1" "none" "scripts/services.sh --help"
    case $1 in
      --port) PORT=$2 ;;
      --port2) PORT2=$2 ;;
      --dir) DIR=$2 ;;
      --user) AS_USER=$2 ;;
      --password) PASSWORD=$2 ;;
      --tls) TLS=$(cd "$2" && pwd) ;;
      --set) SETTINGS+=("$2") ;;
      *) refuse "an option of run" "\"$1\"" "scripts/services.sh --help" ;;
    esac
    shift 2
  done
  [[ $PORT =~ ^[0-9]+$ ]] || refuse "--port N" "\"$PORT\"" "give a port"
  [ -n "$DIR" ] || refuse "--dir DIR" "none" "give a folder for the data"
  [ -z "$TLS" ] || [ -f "$TLS/server.key" ] || refuse "server.key in $TLS" "none" "scripts/services.sh certs $TLS"
  "${name}_missing" || exit 1
  mkdir -p "$DIR" && DIR=$(cd "$DIR" && pwd)
  "${name}_run"
}

# settings FORMAT: every --set KEY=VALUE as a line.
settings() {
  local one
  for one in ${SETTINGS[@]+"${SETTINGS[@]}"}; do
    # shellcheck disable=SC2059
    printf "$1\n" "${one%%=*}" "${one#*=}"
  done
}

# launch [--as USER] PROGRAM ARGUMENT..: becomes the server, so that its process id is the script's.
launch() {
  local become=()
  if [ "$1" = --as ]; then
    [ "$(id -u)" -ne 0 ] || become=(--reuid="$2" --regid="$2" --init-groups)
    shift 2
  fi
  if [ -n "$WITH_PARENT" ] && [[ $OSTYPE == linux* ]]; then
    # The parent may have ended while things were prepared.
    [ "$(awk '{ sub(/^.*\) /, ""); print $2 }' "/proc/$$/stat")" = "$PARENT" ] || exit 1
    become+=(--pdeathsig KILL)
  fi
  [ "${#become[@]}" -eq 0 ] || set -- setpriv "${become[@]}" "$@"
  exec "$@"
}

# A certificate authority for tests, and what it signs: for servers on 127.0.0.1 and localhost, and for clients.
certs() {
  need openssl || exit 1
  mkdir -p "$1"
  local dir name
  dir=$(cd "$1" && pwd)
  (
    cd "$dir"
    umask 077
    authority ca
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >server.ext
    printf 'extendedKeyUsage=clientAuth\n' >client.ext
    for name in server client; do signed "$name"; done
    chmod 644 ./*.crt
  ) 2>"$dir/openssl.log" || refuse "openssl to make certificates" "$(tail -n 3 "$dir/openssl.log")" "install openssl 1.1.1 or newer"
  rm -f "$dir"/*.ext "$dir"/*.csr "$dir"/openssl.log "$dir"/*.srl
}

authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=feedhorn test authority" -keyout "$1.key" -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

signed() {
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile "$1.ext" -out "$1.crt"
}

# A virtual machine that starts quickly and stays small. Arguments follow.
JAVA_QUICK=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto)

# jars NAME VERSION COORDINATE..: what Maven gets for them, checksums verified, into a folder of the cache; all of it or nothing.
jars() {
  local dir=$CACHE/$1-$2 work
  shift 2
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/maven.XXXXXX")
  project "$@" >"$work/pom.xml"
  if ! (cd "$work" && mvn -q -B -C -Dmaven.artifact.threads=16 dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/lib") >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    rm -rf "$work"
    refuse "Maven to get $*" "the lines above" "check its settings (~/.m2/settings.xml) and try again"
  fi
  rm -rf "$dir"
  mv "$work/lib" "$dir"
  rm -rf "$work"
}

# project GROUP:ARTIFACT:VERSION..: one that depends on them, and prints only what matters.
project() {
  local group artifact version
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>feedhorn</groupId><artifactId>services</artifactId><version>1</version><dependencies>'
  for one in "$@"; do
    IFS=: read -r group artifact version <<<"$one"
    echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
  done
  echo '</dependencies></project>'
}

# Whether Java and a folder of jars are there.
jars_missing() {
  need java || return 1
  [ -d "$CACHE/$1-$2" ] && return 0
  echo "$1 $2 is not in $CACHE: run scripts/services.sh install $1"
  return 1
}

# What of Java 17 or newer and of Maven is to be had as a package of the system.
java_packages() {
  command -v java >/dev/null || echo default-jre-headless
  command -v mvn >/dev/null || echo maven
}
