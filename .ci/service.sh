# Sourced: serve this checkout for a test, on a free port, with nothing of the operator's settings, rules or compiled rules.
# After `start_service [NAME=VALUE…]`: $base is its URL, $log its log; it ends with the script. Needs $scratch, a folder of the caller's.

unset "${!BOUNCES_@}"

start_service() {
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  base=http://127.0.0.1:$port log=$scratch/log
  mkdir -p "$scratch/rules"
  env XDG_CACHE_HOME="$scratch/cache" BOUNCES_LOG_LEVEL=warning BOUNCES_LOCAL_RULES="$scratch/rules" "$@" .venv/bin/bounces serve --port "$port" 2>"$log" &
  server=$!
  for _ in $(seq 1200); do
    curl -fs "$base/readyz" >/dev/null && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$log" >&2
  return 1
}

stop_service() {
  [ -z "${server-}" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
  rm -rf "$scratch"
}
