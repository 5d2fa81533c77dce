"""Folders for the programs' state: in memory where the machine has room, thrown away with the program."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 << 30  # bytes free; less is left to the machine's other users


def scratch(name: str) -> Path:
    """A new folder. Give it to the Process that uses it, which removes it even after a SIGKILL."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH
    return Path(tempfile.mkdtemp(prefix=f"bucketops-{name}-", dir=MEMORY if roomy else None))
