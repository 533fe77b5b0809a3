# Servers in the background, for a person who tries things out. Sourced by scripts/services.sh.

# background ARGUMENTS: reads --data and the names.
background() {
  DATA=$CACHE/data
  WANTED=()
  while [ "$#" -gt 0 ]; do
    case $1 in
      --data) DATA=${2:?expected a folder behind --data} && shift 2 ;;
      *) known "$1" && WANTED+=("$1") && shift ;;
    esac
  done
  [ "${#WANTED[@]}" -gt 0 ] || WANTED=("${SERVICES[@]}")
}

# Whether a process is the server that was started: process ids are used again.
runs() {
  [ -f "$DATA/$1.pid" ] && kill -0 "$(cut -d' ' -f1 "$DATA/$1.pid")" 2>/dev/null &&
    [ "$(started "$(cut -d' ' -f1 "$DATA/$1.pid")")" = "$(cut -d' ' -f3- "$DATA/$1.pid")" ]
}

started() {
  ps -o lstart= -p "$1" | tr -s ' '
}

taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start_all() {
  background "$@"
  local name
  for name in "${WANTED[@]}"; do start_one "$name"; done
}

start_one() {
  local name=$1 port pid
  if runs "$name"; then
    status_one "$name"
    return
  fi
  port=$("${name}_port")
  ! taken "$port" || port=$(free_port)
  mkdir -p "$DATA"
  setsid "$SCRIPTS/services.sh" run "$name" --port "$port" --dir "$DATA/$name" >"$DATA/$name.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid $port $(started "$pid")" >"$DATA/$name.pid"
  for _ in $(seq 600); do
    if taken "$port"; then
      status_one "$name"
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  refuse "$name to listen on port $port" "$(tail -n 3 "$DATA/$name.log")" "look into $DATA/$name.log"
}

status_all() {
  background "$@"
  local name
  for name in "${WANTED[@]}"; do status_one "$name"; done
}

status_one() {
  if runs "$1"; then
    printf '%-10s runs on 127.0.0.1:%s, process %s, data in %s\n' "$1" "$(cut -d' ' -f2 "$DATA/$1.pid")" "$(cut -d' ' -f1 "$DATA/$1.pid")" "$DATA/$1"
  else
    printf '%-10s does not run\n' "$1"
  fi
}

stop_all() {
  background "$@"
  local name
  for name in "${WANTED[@]}"; do stop_one "$name"; done
}

# PostgreSQL takes SIGINT for "now, but properly"; the others end by SIGTERM.
stop_one() {
  local name=$1 pid signal=TERM
  if runs "$name"; then
    pid=$(cut -d' ' -f1 "$DATA/$name.pid")
    [ "$name" != postgres ] || signal=INT
    kill -s "$signal" "$pid"
    for _ in $(seq 150); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    ! kill -0 "$pid" 2>/dev/null || kill -KILL "$pid"
    echo "$name has stopped"
  fi
  rm -f "$DATA/$name.pid"
}
