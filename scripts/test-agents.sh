#!/usr/bin/env bash
# Installs coding agents as their users do, in pinned versions, and lets each do a turn through a gateway whose models are
# fakes: tests/agents. ARGUMENTS are names of tests, all without: `make test-agents ARGS=test_codex`.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -z "${POSTERN_BIN:-}" ]; then
  need_cargo
  need_packages "${PACKAGES_BUILD[@]}" python3 python3-venv
  use_target_dir
  build_console
  cargo build --package postern --package postern-testkit
  export POSTERN_BIN=$target/debug/postern FAKE_UPSTREAM_BIN=$target/debug/fake-upstream
fi

need_npm_packages tests/agents
AGENTS_NODE=$(command -v node)
# Python may be too new for it. That is no reason not to try the others; its own tests will say that it is missing.
if (need_environment aider tests/agents/requirements.txt "$root/tests/agents/.venv"); then
  need_environment aider tests/agents/requirements.txt "$root/tests/agents/.venv"
  AGENTS_AIDER=$environment/bin/aider
fi
export AGENTS_NODE AGENTS_AIDER=${AGENTS_AIDER:-}

cases=(discover --start-directory tests/agents --top-level-directory tests/agents)
[ $# -eq 0 ] || cases=("$@")
# What knows the management API is beside the tests of the SDKs.
export PYTHONPATH=$root/tests/sdk:$root/tests/agents
scripts/with-gateway.sh /usr/bin/python3 -m unittest "${cases[@]}"
