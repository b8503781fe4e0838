#!/usr/bin/env bash
# Measures the wire crate by itself, in a release build: requests passed on and translated, streams watched and
# translated, and what they allocate. Arguments go to the program: make bench-wire ARGS="streams" (sections: bytes
# requests streams), make bench-wire ARGS="--quick".
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_packages "${PACKAGES_BUILD[@]}"
use_target_dir
say "Building the benchmark"
exec cargo bench --quiet --package postern-wire --bench wire -- "$@"
