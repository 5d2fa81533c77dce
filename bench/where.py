"""Runs an app and notes where its time goes: `where.py RESULT main.py`, in the app's directory; JSON in RESULT.

Looks every 2 ms at what the program is doing, waiting included. A profiler that counts calls would slow the many
small ones of jsii most, and would not see who waits for Node.
"""

import atexit
import json
import runpy
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY_S = 0.002
OURS, PROVIDERS, FRAMEWORK, JSII = "our code", "provider classes", "cdktf and constructs", "jsii, Python part"
START, LOAD, CALLS, END = "Node: start", "Node: loading packages", "Node: calls", "Node: end"
PARTS = (START, LOAD, CALLS, END, JSII, FRAMEWORK, PROVIDERS, OURS)
PACKAGES = {"jsii": JSII, "cdktf": FRAMEWORK, "cdktn": FRAMEWORK, "constructs": FRAMEWORK}
# Functions of jsii that send something to Node and wait for what it says.
WAITING = {"handshake": START, "start": START, "load": LOAD, "stop": END}


def whose(frame: FrameType | None) -> str:
    """Who made the program do what it does: the innermost that is no helper, such as the standard library."""
    waiting = False
    while frame is not None:
        code = frame.f_code
        if code.co_filename.endswith(("/jsii/_kernel/providers/process.py", "/jsii/_kernel/__init__.py")):
            if code.co_name in WAITING:
                return WAITING[code.co_name]
            waiting = waiting or code.co_name == "_next_message"
        elif waiting:
            return CALLS
        elif code.co_name == "_find_and_load":
            # Reading and executing a module, before the first line of it runs.
            if part := _part(frame.f_locals["name"].partition(".")[0]):
                return part
        elif "/site-packages/" in code.co_filename:
            package = code.co_filename.rpartition("/site-packages/")[2].partition("/")[0]
            if part := _part(package):
                return part
        frame = frame.f_back
    return OURS  # all of it was begun by the app


def _part(package: str) -> str | None:
    if "_provider_" in package:
        return PROVIDERS
    return PACKAGES.get(package)


def main(result: Path, app: str) -> None:
    spent: Counter[str] = Counter()
    last = time.perf_counter()

    def look(_: int, frame: FrameType | None) -> None:
        # A long call into C is not interrupted, so it gets the time since the last look, not one look.
        nonlocal last
        spent[whose(frame)] += (now := time.perf_counter()) - last
        last = now

    def end() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        result.write_text(json.dumps(spent))

    atexit.register(end)  # the first that is registered is the last that runs: after jsii has ended Node
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, EVERY_S, EVERY_S)
    sys.path[0] = str(Path.cwd())
    sys.argv = [app]
    runpy.run_path(app, run_name="__main__")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
