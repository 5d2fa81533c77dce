"""One command as a cold process: wall and CPU seconds, and its peak memory."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCH = Path(__file__).with_name("launch.py")


class CommandFailed(Exception):
    """A command under measurement exited with an error; the message has the end of what it printed."""


@dataclass(frozen=True, kw_only=True)
class Run:
    wall_s: float
    cpu_s: float  # user and system, of all its threads and of the children it waited for
    peak_mb: float  # MiB, of the largest single process


def run(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str], cwd: Path, allowed: tuple[int, ...] = (0,)
) -> Run:
    """Run it once; what it prints is appended to `log`. Raises CommandFailed."""
    launcher = [sys.executable, "-I", "-S", str(_LAUNCH), str(log), *command]
    done = subprocess.run(launcher, env=dict(environment), cwd=cwd, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    if (code := found.pop("code")) not in allowed:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise CommandFailed(f"{' '.join(command)} exited {code}: {tail}")
    return Run(**found)
