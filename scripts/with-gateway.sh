#!/usr/bin/env bash
# Runs a command beside a fresh gateway and fake providers:
#   POSTERN_BIN=… FAKE_UPSTREAM_BIN=… scripts/with-gateway.sh COMMAND [ARGUMENT…]
# The command finds POSTERN_URL and POSTERN_ADMIN_KEY in its environment, and FAKE_OPENAI_URL, FAKE_ANTHROPIC_URL and so
# on for each fake. POSTERN_CONFIG may name a configuration file for the gateway. Fails if the command fails, and also if
# the gateway does not end cleanly on SIGTERM.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

: "${POSTERN_BIN:?the gateway to start}" "${FAKE_UPSTREAM_BIN:?the fake providers to start}"
[ $# -gt 0 ] || fail "Usage: scripts/with-gateway.sh COMMAND [ARGUMENT...]"

directory=$(mktemp -d)
children=()
# shellcheck disable=SC2317 # the traps call it
stop() {
  trap - EXIT
  [ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2>/dev/null || true
  wait || true
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ready NAME PID: waits for the line that NAME prints when it is ready, and prints the line.
ready() {
  local line
  for ((i = 0; i < 600; i++)); do
    line=$(head -n 1 "$directory/$1.out")
    if [ -n "$line" ]; then
      printf '%s\n' "$line"
      return
    fi
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  cat "$directory/$1.err" >&2
  fail "$1 did not start; what it said is above."
}

# They are read before the processes may have opened them.
touch "$directory"/{fake-upstream,postern}.{out,err}
"$FAKE_UPSTREAM_BIN" --all >"$directory/fake-upstream.out" 2>"$directory/fake-upstream.err" &
fake=$!
children+=("$fake")
export POSTERN_ADMIN_KEY=sk-admin-tests-0123456789abcdef
"$POSTERN_BIN" serve --listen 127.0.0.1:0 --data-dir "$directory/data" --vault memory \
  ${POSTERN_CONFIG:+--config "$POSTERN_CONFIG"} >"$directory/postern.out" 2>"$directory/postern.err" &
gateway=$!
children+=("$gateway")

line=$(ready fake-upstream "$fake")
read -ra words <<<"$line"
for ((i = 1; i + 1 < ${#words[@]}; i += 2)); do
  export "FAKE_${words[i]^^}_URL=${words[i + 1]}"
done
line=$(ready postern "$gateway")
POSTERN_URL=${line##* }
export POSTERN_URL

status=0
"$@" || status=$?
kill -TERM "$gateway" 2>/dev/null || true
ended=0
wait "$gateway" || ended=$?
children=("$fake")
if [ "$ended" -ne 0 ]; then
  printf 'postern ended with %s after SIGTERM\n' "$ended" >&2
  [ "$status" -ne 0 ] || status=1
fi
if [ "$status" -ne 0 ]; then
  printf -- '--- what postern said\n' >&2
  tail -n 100 "$directory/postern.err" >&2
fi
exit "$status"
