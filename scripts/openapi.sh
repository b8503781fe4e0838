#!/usr/bin/env bash
# Writes openapi.json from the code and the console's TypeScript client from openapi.json.
# `--check` writes nothing and fails where either differs from what is checked in.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case ${1:-} in
  '' | --check) ;;
  *) fail "Usage: scripts/openapi.sh [--check]" ;;
esac

use_target_dir
if [ -z "${POSTERN_BIN:-}" ]; then
  need_cargo
  need_packages "${PACKAGES_BUILD[@]}"
  build_console
  # With the features of the whole workspace, as everything else is built, so that nothing is compiled twice.
  cargo build --workspace --bin postern
  POSTERN_BIN=$target/debug/postern
fi
need_npm_packages tools/client

kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
"$POSTERN_BIN" openapi >"$kept/openapi.json"

if [ "${1:-}" != --check ]; then
  cp "$kept/openapi.json" openapi.json
  npm --prefix src-ui run --silent api
  exit
fi

if ! diff -u openapi.json "$kept/openapi.json" >"$kept/difference"; then
  head -n 40 "$kept/difference" >&2
  fail "openapi.json is not what the code says. Run: make openapi"
fi
# The generator writes in place: keep what is there, compare, and put it back.
cp -a src-ui/src "$kept/src"
npm --prefix src-ui run --silent api >&2
same=0
diff -ru "$kept/src" src-ui/src >"$kept/difference" || same=$?
cp -a "$kept/src/." src-ui/src/
if [ "$same" -ne 0 ]; then
  head -n 40 "$kept/difference" >&2
  fail "The console's TypeScript client is not what openapi.json says. Run: make openapi"
fi
say "openapi.json and the TypeScript client are up to date"
