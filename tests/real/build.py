"""Builds every real program that the tests start: `python -m tests.real.build [NAME...]`."""

import argparse
import sys
import time

from tests.real.programs import PROGRAMS, BuildFailed, executable


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.real.build", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *PROGRAMS], metavar="NAME", help="default: all")
    failed = False
    for name in parser.parse_args().name or PROGRAMS:
        started = time.monotonic()
        try:
            path = executable(name)
        except BuildFailed as error:
            # All of them are tried: CI should name every program that is broken, not the first.
            print(error, file=sys.stderr)
            failed = True
        else:
            print(f"{name} {PROGRAMS[name].version} {time.monotonic() - started:.1f} s {path}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
