#!/usr/bin/env bash
# Measures the router by itself, in a release build: what it takes to choose one of 2, 20 and 200 deployments, and to go
# on to another after a failure.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_packages "${PACKAGES_BUILD[@]}"
use_target_dir
say "Building the benchmark"
exec cargo bench --quiet --package postern-gateway --bench routing -- "$@"
