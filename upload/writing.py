"""Write the files of a release, many at a time and in an order that Flux cannot mistake."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from threading import Event, Lock

from upload.kustomize import NAMES
from upload.plan import Plan
from upload.release import File, Release
from upload.s3 import Bucket

# What this interpreter makes of writes in a second, however many threads wait for answers; below the 3,500 that S3
# takes for a prefix. A store that takes less says 503, and obstore waits longer and longer.
_RATE = 3000
_FEWEST, _MOST = 16, 256  # connections; each costs a handshake

_LARGE = 1_000_000  # bytes; such files are held one at a time

Read = Callable[[File], bytes]
Progress = Callable[[int, int], None]  # files written so far, files to write


def write_missing(bucket: Bucket, plan: Plan, read: Read, progress: Progress) -> dict[str, str]:
    """PUT what is missing; their ETags by key.

    Without a pointer Flux makes one up from every manifest under live/: it applies a part of a release, and prunes
    what is missing in it. A folder with a kustomization file builds only when all that the file names is there, so
    in that case the release's own comes first. (Found by tests/e2e/test_invariants.py.)
    """
    roots = tuple(file for file in plan.missing if plan.pointer is None and file.path in NAMES)
    rest = tuple(file for file in plan.missing if file not in roots)
    total = len(plan.missing)
    etags = write_files(bucket, plan.release, roots, read, lambda done, _: progress(done, total))
    return etags | write_files(bucket, plan.release, rest, read, lambda done, _: progress(len(roots) + done, total))


def connections(files: int, latency_s: float) -> int:
    """How many at a time: as many as are under way if each takes that long, at the rate that can be made (Little)."""
    return min(files, max(_FEWEST, round(min(_MOST, _RATE * latency_s))))


def write_files(
    bucket: Bucket,
    release: Release,
    files: tuple[File, ...],
    read: Read,
    progress: Progress = lambda done, total: None,
) -> dict[str, str]:
    """PUT files in parallel; their ETags by key. The first failure ends it, requests under way are finished."""
    etags: dict[str, str] = {}
    if not files:
        return etags
    count = connections(len(files), bucket.latency_s)
    waiting, stopped, one_large = iter(files), Event(), Lock()

    def work() -> None:
        for file in waiting:  # shared: each is taken once
            if stopped.is_set():
                return
            with one_large if file.size > _LARGE else nullcontext():
                etags[release.key(file)] = bucket.put(release.key(file), read(file))
            progress(len(etags), len(files))

    with ThreadPoolExecutor(count) as pool:
        try:
            for worker in as_completed([pool.submit(work) for _ in range(count)]):
                worker.result()
        except BaseException:
            stopped.set()
            raise
    return etags
