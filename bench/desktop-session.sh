#!/usr/bin/env bash
# What the desktop app holds in memory while no window is open. Runs inside a display and a session bus of its own:
#   xvfb-run dbus-run-session -- bench/desktop-session.sh PROGRAM DATA_DIR
# Starts the app without a window, then opens one as a second start does, closes it as a user would, and prints
# `unopened KIB WEBKIT_PROCESSES` for before and `closed KIB WEBKIT_PROCESSES` for after: one process, looked at twice.
set -euo pipefail

program=$1
data=$2
# Time for a page to load, for processes to end, for memory to be given back.
settle=4

children=()
# shellcheck disable=SC2317 # the trap calls it
stop() { kill "${children[@]}" 2>/dev/null || true; }
trap stop EXIT

openbox --sm-disable >/dev/null 2>&1 &
children+=($!)
# Without a panel that takes tray icons the app keeps its window open, and rightly so. Debian's Python has dbus and gi.
/usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/../tests/desktop/panel.py" >/dev/null 2>&1 &
children+=($!)
sleep 1

start=("$program" --listen 127.0.0.1:0 --vault memory --data-dir "$data")

# The only window of that name on this display.
window() {
  xdotool search --onlyvisible --name '^Postern$' 2>/dev/null | head -n 1
}

# webkit PID: how many WebKit processes are below it.
webkit() {
  local count=0 child
  # shellcheck disable=SC2013 # numbers on one line, words are what is wanted
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    case $(cat "/proc/$child/comm" 2>/dev/null) in *WebKit*) count=$((count + 1)) ;; esac
    count=$((count + $(webkit "$child")))
  done
  echo "$count"
}

report() {
  echo "$1 $(awk '/^Rss:/ { print $2 }' "/proc/$app/smaps_rollup") $(webkit "$app")"
}

# Not its first start, at which the window opens by itself.
mkdir -p "$data"
echo '{"welcomed":true}' >"$data/desktop.json"
"${start[@]}" >/dev/null 2>&1 &
app=$!
children+=("$app")
sleep "$settle"
report unopened

"${start[@]}" >/dev/null 2>&1
for ((i = 0; i < 100; i++)); do
  [ -z "$(window)" ] || break
  sleep 0.1
done
sleep "$settle"
opened=$(window) || true
[ -n "$opened" ] || { echo "the window did not open" >&2; exit 1; }
xdotool windowactivate --sync "$opened" key --clearmodifiers alt+F4
for ((i = 0; i < 100; i++)); do
  [ -n "$(window)" ] || break
  sleep 0.1
done
[ -z "$(window)" ] || { echo "the window did not close" >&2; exit 1; }
sleep "$settle"
report closed

kill "$app"
wait "$app" || true
