"""Holds the template against the code, README and what AWS asks for. Calls nobody.

    python run.py
"""

import sys
import traceback

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

from guards import CHECKS  # noqa: E402
from template import load  # noqa: E402


def main():
    template, failed = load(), 0
    for check in CHECKS:
        try:
            check(template)
            print(f"ok     {check.__doc__}")
        except (AssertionError, KeyError, TypeError, ValueError):
            failed += 1
            print(f"FAILED {check.__doc__}\n{traceback.format_exc()}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
