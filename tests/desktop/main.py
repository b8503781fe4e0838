"""Starts what a desktop has, then the tests. Runs inside the session that `run` makes."""

import subprocess
import sys
import unittest

import session


def main():
    names = sys.argv[1:]
    loader = unittest.TestLoader()
    if names:
        tests = loader.loadTestsFromNames(names)
    else:
        tests = loader.discover(".", top_level_dir=".")
    with session.Desktop():
        result = unittest.TextTestRunner(verbosity=2, failfast=False).run(tests)
    if result.testsRun == 0:
        print("No test was run.", file=sys.stderr)
        return 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
