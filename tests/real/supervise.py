"""Runs one program and ends it with the process that asked for it: `supervise.py LOG SCRATCH PROGRAM...`.

Standard input is a pipe from the test process. Its end is the order to stop, and it also ends when the test
process is killed with SIGKILL, which leaves that process no chance to clean up. Prints the program's process
id. SCRATCH is a folder to remove afterwards, or empty. Imports nothing of the project and little else: one
such interpreter stands behind every program.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1


def die_with_supervisor() -> None:
    """Linux: the kernel kills the program if this supervisor itself is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def kill_when_input_ends(program: subprocess.Popen[bytes]) -> None:
    # Not sys.stdin: a daemon thread that holds its lock would abort the interpreter's exit.
    while os.read(0, 4096):
        pass
    # Killed, not asked: all state is thrown away, and an API server takes seconds to say goodbye.
    program.kill()


def main() -> None:
    log_path, scratch, *command = sys.argv[1:]
    # A group of its own: Ctrl-C on the terminal goes to the test process alone, which decides what ends when,
    # and the last line below reaches exactly what the program started.
    os.setsid()
    with open(log_path, "ab", buffering=0) as log:
        try:
            program = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_supervisor
            )
        except OSError as error:
            log.write(f"cannot start: {error}\n".encode())
        else:
            os.write(1, f"{program.pid}\n".encode())
            threading.Thread(target=kill_when_input_ends, args=[program], daemon=True).start()
            log.write(f"[{command[0]} ended with {program.wait()}]\n".encode())
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


main()
