"""Wait until a cluster runs a revision, or says why it does not."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from upload.cluster import Cluster
from upload.errors import Interrupted, NotInSync, Rejected, Superseded
from upload.flux import Verdict, judge_bucket, judge_kustomization
from upload.record import timestamp
from upload.revision import short, shorten

_POLL_S = (0.02, 0.25)  # between two looks: a tenth of what it has taken so far, within these

Say = Callable[[str], None]


def wait_for(
    cluster: Cluster,
    *,
    revision: str,
    release: str,
    timeout_s: float,
    say: Say = lambda text: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Make Flux fetch now and return when `revision` is applied and healthy; `say` gets what it reports meanwhile.

    Raises Rejected as soon as Flux has given its verdict, with its message and the objects that are not healthy,
    Superseded if it is at another revision since, NotInSync after `timeout_s` with Flux's last words, ClusterFailed.
    """
    # The same value twice triggers nothing, so the release alone would not do.
    request = f"{release}@{timestamp(now())}"
    cluster.request_fetch(request)
    try:
        _wait(cluster, revision=revision, request=request, timeout_s=timeout_s, say=say)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped: release {release} is live, Flux goes on without us: see `status`") from None


def _wait(cluster: Cluster, *, revision: str, request: str, timeout_s: float, say: Say) -> None:
    started = time.monotonic()
    last = ""
    while True:
        verdict, kustomization = _look(cluster, revision=revision, request=request)
        if verdict.state == "done":
            return
        if verdict.state == "superseded":
            raise Superseded(f"{shorten(verdict.message)}: see `status`")
        if verdict.state == "failed":
            raise Rejected(_rejection(cluster, verdict, kustomization, revision))
        if verdict.message and verdict.message != last:
            last = verdict.message
            say(shorten(last))
        waited_s = time.monotonic() - started
        if waited_s > timeout_s:
            raise NotInSync(
                f"Flux did not apply {short(revision)} within {timeout_s:.0f} s, its last message: "
                f"{shorten(last)}: see `status`"
            )
        time.sleep(min(max(waited_s / 10, _POLL_S[0]), _POLL_S[1]))


def _look(cluster: Cluster, *, revision: str, request: str) -> tuple[Verdict, Mapping[str, Any] | None]:
    verdict = judge_bucket(cluster.bucket(), revision=revision, request=request)
    if verdict.state != "done":
        return verdict, None
    kustomization = cluster.kustomization()
    return judge_kustomization(kustomization, revision=revision), kustomization


def _rejection(cluster: Cluster, verdict: Verdict, kustomization: Mapping[str, Any] | None, revision: str) -> str:
    lines = [f"Flux rejected {short(revision)}, {verdict.reason}: {shorten(verdict.message)}"]
    if kustomization and verdict.reason == "HealthCheckFailed":
        lines += cluster.unhealthy(kustomization)
    return "\n".join(lines)
