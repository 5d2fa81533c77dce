"""When a Flux object changed, to the millisecond: a watch on it, which costs the cluster next to nothing.

Asking every 10 ms would: each question is a TLS handshake, on the cores that Flux works on.
"""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from tests.real.kube import Kube, Manifest

TIMEOUT_S = 300
Fact = Callable[[Manifest], bool]


class NeverSeen(Exception):
    """What was waited for did not happen; the message has the object's status."""


@dataclass(frozen=True)
class Watched:
    """What was seen of one object: each version of it, with the second of time.monotonic() at which it came."""

    seen: list[tuple[float, Manifest]] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def when(self, fact: Fact, *, after: float) -> float | None:
        """When `fact` was first true of a version that came after that second; None if it was of none so far."""
        # Over a copy: the other thread appends.
        return next((at for at, one in list(self.seen) if at > after and fact(one)), None)

    def first(self, fact: Fact, *, after: float, what: str) -> float:
        """As `when`, and waits for it. Raises NeverSeen."""
        with self._news:
            if (found := self._news.wait_for(lambda: self.when(fact, after=after), TIMEOUT_S)) is not None:
                return found
        raise NeverSeen(f"waited {TIMEOUT_S} s for {what}: {self.seen[-1][1].get('status') if self.seen else None}")

    def add(self, version: Manifest) -> None:
        with self._news:
            self.seen.append((time.monotonic(), version))
            self._news.notify_all()


@contextmanager
def watching(kube: Kube, kind: str, name: str, namespace: str) -> Iterator[Watched]:
    """Watch one object, which may not be there yet, until the block ends."""
    found, ended = Watched(), threading.Event()
    path = f"{kube.path(kind, namespace=namespace)}?watch=1&fieldSelector=metadata.name={name}&timeoutSeconds=3600"
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=kube.context)]
    opener = urllib.request.build_opener(*handlers)

    def follow() -> None:
        latest = ""
        while not ended.is_set():
            try:
                with opener.open(kube.server + path, timeout=3700) as lines:
                    for line in lines:
                        version: dict[str, Any] = json.loads(line)["object"]
                        # A new watch begins with what is there.
                        if (number := version["metadata"]["resourceVersion"]) != latest:
                            latest = number
                            found.add(version)
            except (OSError, HTTPException, ValueError):
                ended.wait(0.1)  # 429 until the API server knows a new CRD; an end in the middle of a line

    threading.Thread(target=follow, daemon=True).start()  # ends with the API server
    try:
        yield found
    finally:
        ended.set()
