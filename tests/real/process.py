"""Starts a program, waits until it is healthy, and makes sure that it ends when the test process does."""

import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.real.waiting import NeverHappened, wait_until

SUPERVISE = Path(__file__).with_name("supervise.py")
# The rest of the environment stays out: proxies, AWS_* and KUBECONFIG of the person who runs the tests.
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")


class ProgramFailed(Exception):
    """A program ended, or never became healthy; the message carries the end of its log."""


class Process:
    """A running program. Ends with `stop`, with the `with` block, or with this Python process, even by SIGKILL."""

    name: str
    pid: int  # of the program itself, for tests that kill or pause it
    log: Path

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log_dir: Path,
        env: Mapping[str, str] | None = None,
        scratch: Path | None = None,  # removed after the program ended, in whatever way
    ) -> None:
        self.name = name
        self.log = log_dir / f"{name}.log"
        kept = {key: os.environ[key] for key in KEPT if key in os.environ}
        self._supervisor = subprocess.Popen(
            # -I and -S: no site-packages, so nothing that slows the start or depends on the venv.
            [sys.executable, "-I", "-S", SUPERVISE, self.log, str(scratch or ""), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, **(env or {})},
        )
        answer = self._supervisor.stdout.readline()  # type: ignore[union-attr]
        if not answer:
            self.stop()
            raise ProgramFailed(f"{name} did not start; {self._log_tail()}")
        self.pid = int(answer)

    def wait_healthy(self, healthy: Callable[[], bool], *, timeout_s: float = 90) -> Self:
        """Wait for the program's own health check. Raises ProgramFailed, at once if the program ends."""
        try:
            wait_until(lambda: not self.running or healthy(), f"{self.name} to be healthy", timeout_s=timeout_s)
        except NeverHappened as error:
            self.stop()
            raise ProgramFailed(f"{error}; {self._log_tail()}") from None
        if not self.running:
            self.stop()
            raise ProgramFailed(f"{self.name} ended before it was healthy; {self._log_tail()}")
        return self

    @property
    def running(self) -> bool:
        return self._supervisor.poll() is None

    def stop(self) -> None:
        """Returns when the program is gone. Stopping twice does no harm."""
        for pipe in (self._supervisor.stdin, self._supervisor.stdout):
            pipe.close()  # type: ignore[union-attr]
        self._supervisor.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _log_tail(self, lines: int = 15) -> str:
        if not self.log.exists():
            return f"no log at {self.log}"
        with self.log.open(errors="replace") as log:
            return f"{self.log} ends with:\n{''.join(deque(log, lines))}"


def answers(url: str, *, context: ssl.SSLContext | None = None) -> Callable[[], bool]:
    """A health check: does GET on `url` answer with a 2xx now?"""
    # Without proxies of the environment: everything asked here listens on loopback.
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
    opener = urllib.request.build_opener(*handlers)

    def healthy() -> bool:
        try:
            with opener.open(url, timeout=5):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    return healthy
