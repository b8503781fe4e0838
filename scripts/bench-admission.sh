#!/usr/bin/env bash
# Measures admission by itself, in a release build: what it takes to find one of 100,000 keys, to hold a request against limits
# at every level and settle it; and the memory of so many keys.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_packages "${PACKAGES_BUILD[@]}"
use_target_dir
say "Building the benchmark"
exec cargo bench --quiet --package postern-gateway --bench admission -- "$@"
