#!/bin/sh
# Starts a Docker engine of Podium's own and prints DOCKER_HOST=unix://... for `eval`.
#
#   eval "$(deploy/images/start_engine.sh)"    start, or reuse the one that answers
#   deploy/images/start_engine.sh stop         stop the one that this script started
#
# PODIUM_ENGINE_DIR (default /run/podium-engine)        socket, process id and log
# PODIUM_ENGINE_DATA (default /var/lib/podium-engine)   images and containers
#
# Needs root and the package docker.io. The engine runs in network and mount namespaces of
# its own: Podium's containers have no network, so it needs neither a bridge nor iptables,
# and a second engine in the host's network namespace would delete the bridge of the first.
set -eu

folder=${PODIUM_ENGINE_DIR:-/run/podium-engine}
data=${PODIUM_ENGINE_DATA:-/var/lib/podium-engine}
socket=$folder/docker.sock
pid_file=$folder/dockerd.pid
log=$folder/dockerd.log

fail() {
    echo "start_engine: $*" >&2
    exit 1
}

answers() {
    # An engine that is there says "OK" to a ping; nothing but python3 is needed to ask.
    python3 -I - "$1" <<'PYTHON'
import socket, sys
address = sys.argv[1]
if not address.startswith("unix://"):
    sys.exit(1)
link = socket.socket(socket.AF_UNIX)
link.settimeout(5)
try:
    link.connect(address.removeprefix("unix://"))
    link.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
    sys.exit(0 if b" 200 " in link.recv(64) else 1)
except OSError:
    sys.exit(1)
PYTHON
}

is_ours() {
    # A number in a file may belong to another process by now, so look at its name too.
    [ -s "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = dockerd ]
}

stop() {
    is_ours || return 0
    pid=$(cat "$pid_file")
    kill "$pid"
    for _ in $(seq 200); do
        [ -d "/proc/$pid" ] || return 0
        sleep 0.1
    done
    fail "the engine (process $pid) has not ended after 20 s; see $log"
}

start() {
    [ "$(id -u)" = 0 ] || fail "starting an engine needs root; run it with sudo"
    command -v dockerd >/dev/null || fail "dockerd is missing; apt-get install docker.io"
    mkdir -p "$folder" "$data"
    setsid unshare --net --mount dockerd \
        --host "unix://$socket" --pidfile "$pid_file" \
        --data-root "$data" --exec-root "$folder/exec" \
        --bridge none --iptables=false --ip6tables=false --ip-forward=false \
        --log-level warn >"$log" 2>&1 </dev/null &
    for _ in $(seq 300); do
        answers "unix://$socket" && return 0
        [ -d "/proc/$!" ] || break
        sleep 0.1
    done
    tail -n 20 "$log" >&2
    fail "the engine did not come up; its log is $log"
}

case ${1:-start} in
start)
    for address in "${DOCKER_HOST:-}" "unix://$socket" unix:///var/run/docker.sock; do
        if [ -n "$address" ] && answers "$address"; then
            echo "DOCKER_HOST=$address; export DOCKER_HOST"
            exit 0
        fi
    done
    start
    echo "DOCKER_HOST=unix://$socket; export DOCKER_HOST"
    ;;
stop) stop ;;
*) fail "say start or stop" ;;
esac
