"""Free loopback ports that no other test run on this machine picks at the same time."""

import fcntl
import os
import random
import socket

from tests.real.programs import cache

# Below the range the kernel hands to outgoing connections: one of those could take the port between
# the moment it is found free and the moment the program listens on it.
RANGE = range(20000, 30000)
# Held until this process ends, in whatever way; the kernel frees the locks of a dead one.
_claims: dict[int, int] = {}  # port -> descriptor of its lock file


def free_port() -> int:
    for _ in RANGE:
        port = random.choice(RANGE)
        if port not in _claims and _claim(port):
            return port
    raise OSError(f"no free port in {RANGE}")


def _claim(port: int) -> bool:
    folder = cache() / "ports"
    folder.mkdir(parents=True, exist_ok=True)
    claim = os.open(folder / str(port), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as probe:
            # Programs bind with this option too; without it a port counts as taken for a minute after use.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        os.close(claim)
        return False
    _claims[port] = claim
    return True
