"""Fuzzes the API of a running gateway from the description that it gives of itself, as several callers one after another:

    scripts/with-gateway.sh python tests/api/fuzz.py [CALLER...] [OPTION OF SCHEMATHESIS...]

Ends with 1 where a rule is broken, and prints the requests that break it as curl commands. README.md says more.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import urllib.request

HERE = pathlib.Path(__file__).parent
SETTINGS = HERE / "schemathesis.toml"
GATEWAY = os.environ["POSTERN_URL"]
SEED = os.environ.get("FUZZ_SEED", "1")
# Random requests for each operation. Without it there are so many in all for each caller: the more operations there are,
# the fewer for each, so that a run takes about as long as before.
EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
IN_ALL = {"administrator": 3300, "member": 1300, "key": 600}
LEAST_EXAMPLES = 6
# Who may do everything has to have done most things, or else the handlers were not tested.
LEAST_SUCCEEDING = 0.75


def described():
    """The operations that the gateway says it has."""
    with urllib.request.urlopen(f"{GATEWAY}/openapi.json", timeout=30) as response:
        paths = json.load(response)["paths"]
    methods = ("get", "put", "post", "delete", "patch", "head", "options")
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in methods}


def fuzz(caller, operations, options):
    """Whether all rules held, and what was answered: by operation, how often each status."""
    examples = EXAMPLES or str(max(LEAST_EXAMPLES, IN_ALL[caller] // len(operations)))
    print(f"\n=== As {caller}: {len(operations)} operations, {examples} random requests for each, seed {SEED}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        answers = pathlib.Path(directory, "answers.json")
        environment = os.environ | {
            "FUZZ_CALLER": caller,
            "FUZZ_SEED": SEED,
            "FUZZ_ANSWERS": str(answers),
            "HYPOTHESIS_STORAGE_DIRECTORY": directory,
            "PYTHONPATH": str(HERE),
            # What is generated depends on the order of sets.
            "PYTHONHASHSEED": "0",
        }
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS)),
            *("run", f"{GATEWAY}/openapi.json", "--seed", SEED, "--max-examples", examples, *options),
        ]
        ended = subprocess.run(command, env=environment, check=False)
        answered = collections.defaultdict(collections.Counter)
        if answers.exists():
            for operation, status, count in json.loads(answers.read_text(encoding="utf-8")):
                answered[operation][status] += count
    return ended.returncode == 0, answered


def is_enough(caller, operations, answered):
    """Tells what was reached, and whether the administrator has reached enough."""
    in_all = sum(answered.values(), collections.Counter())
    never = sorted(name for name in operations if not any(status < 400 for status in answered[name]))
    succeeded = len(operations) - len(never)
    print(f"As {caller}: {in_all.total()} requests; {succeeded} of {len(operations)} operations have succeeded")
    print("  " + ", ".join(f"{status}: {count}" for status, count in sorted(in_all.items())))
    if caller != "administrator":
        return True
    for name in never:
        print(f"  never: {name} ({', '.join(str(status) for status in sorted(answered[name])) or 'not asked'})")
    return succeeded >= LEAST_SUCCEEDING * len(operations)


def main(arguments):
    callers = [argument for argument in arguments if argument in IN_ALL] or list(IN_ALL)
    options = [argument for argument in arguments if argument not in IN_ALL]
    operations = described()
    problems = []
    for exception in tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["operations"]:
        if exception["include-name"] not in operations:
            problems.append(f"{SETTINGS.name} has an exception for {exception['include-name']}, which is not there")
    if not {"POST /user/new", "POST /team/member_add"} <= operations:
        print("There are no users and teams, and so no member of one.")
        callers = [caller for caller in callers if caller != "member"]
    reached = {}
    for caller in callers:
        held, reached[caller] = fuzz(caller, operations, options)
        if not held:
            problems.append(f"as {caller}: see above")
    print("\n=== Summary")
    for caller, answered in reached.items():
        if not is_enough(caller, set(answered) if options else operations, answered):
            problems.append(f"as {caller} too few operations have succeeded: known.py and places.py do not fit the API")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
