"""Runs one command and prints what it cost: `launch.py LOG COMMAND...`, JSON to standard output.

A process of its own, with next to nothing imported: the kernel counts the memory of whoever forks into the peak of
what it starts (exec keeps the high-water mark of the address space it replaces), so a big parent would hide a small
child. The command's own output goes to LOG.
"""

import json
import os
import sys
import time

log, *command = sys.argv[1:]
output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
into = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
started = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=into)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - started
print(
    json.dumps(
        {
            "code": os.waitstatus_to_exitcode(status),
            "wall_s": wall,
            "cpu_s": used.ru_utime + used.ru_stime,
            "peak_mb": used.ru_maxrss / 1024,
        }
    )
)
