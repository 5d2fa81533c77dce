"""Make a tree the live release of a bucket: files first, then the pointer in one conditional write, then clean-up.

The order is the promise: whatever stops it, Flux sees the old release or the new one, and publishing again
completes it (docs/publishing.md).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from upload.errors import Interrupted, PointerMoved, StoreFailed, UploadError
from upload.history import last_record, trim_history
from upload.kustomize import NAMES, points_to
from upload.look import list_live
from upload.plan import Object, Plan, missing_files, removal_order, revision_of
from upload.record import About, Action, Record, archive, timestamp
from upload.release import LIVE, POINTER, File, Release, archive_key, etags_key, release_of_key
from upload.revision import revision
from upload.s3 import Bucket

CONNECTIONS = 64  # hides 30 ms of latency, and stays far below S3's 3,500 writes a second for a prefix
KEEP_HISTORY = 100  # records; one LIST page holds them with their archives
_REPAIRS = 3  # how often to complete a release that somebody keeps taking apart

Read = Callable[[File], bytes]
Progress = Callable[[int, int], None]  # files written so far, files to write


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a publish did."""

    release: str
    previous: str | None  # the release that was live before
    changed: bool  # False: it was live already, whole, and nothing was left to clean up
    switched: bool  # the pointer was written
    written: int  # files
    kept: int  # files that were there already
    removed: tuple[str, ...]  # ids of older releases that were cleaned up
    foreign: tuple[str, ...]  # keys under live/ that are not ours, left alone
    revision: str  # as Flux will report it


def carry_out(
    bucket: Bucket,
    plan: Plan,
    read: Read,
    *,
    about: Callable[[], About],
    action: Action = "publish",
    keep_history: int = KEEP_HISTORY,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Progress = lambda done, total: None,
) -> Published:
    """Carry out a plan. `read` gives the bytes of a file, `about` is asked only if the pointer is switched.

    History keeps the last `keep_history` records. Repeating it is safe. Raises PointerMoved if another publisher
    switched since `look`, SourceRefused if a file has changed since, StoreFailed, and Interrupted on Ctrl-C,
    which says what is live then.
    """
    release, prefix = plan.release, bucket.target.prefix
    settled = plan.listing
    with _telling_on_interrupt(bucket, plan):
        etags = {key: object.etag for key, object in plan.listing.items()}
        etags |= _write_in_order(bucket, plan, read, progress)
        if plan.missing and any(etags[release.key(file)] != file.md5 for file in release.files):
            noted = {file.path: etags[release.key(file)] for file in release.files}
            bucket.put(etags_key(release.id), json.dumps(noted).encode())
        if plan.switch:
            bucket.add(archive_key(release.id), archive(release, read))
            etags[POINTER] = _switch(bucket, plan)
            left = {f"{prefix}{key}": etag for key, etag in etags.items() if release_of_key(key) not in plan.remove}
            record = _record(plan, about(), action, now(), revision(left))
            bucket.put(record.key, record.to_json())
        for keys in removal_order(plan.remove, plan.listing):
            bucket.delete(keys)
        if plan.switch:
            trim_history(bucket, keep=keep_history, live={release.id, plan.live})
        if not plan.is_empty:
            settled = _settle(bucket, release, read, etags)
    return Published(
        release=release.id,
        previous=plan.live,
        changed=not plan.is_empty,
        switched=plan.switch,
        written=len(plan.missing),
        kept=plan.kept,
        removed=plan.remove,
        foreign=plan.foreign,
        revision=revision_of(settled, prefix=prefix),
    )


def _write_in_order(bucket: Bucket, plan: Plan, read: Read, progress: Progress) -> dict[str, str]:
    """PUT what is missing; their ETags by key.

    Without a pointer Flux makes one up from every manifest under live/: it applies a part of a release, and prunes
    what is missing in it. A folder with a kustomization file builds only when all that the file names is there, so
    in that case the release's own comes first. (Found by tests/e2e/test_invariants.py.)
    """
    roots = tuple(file for file in plan.missing if plan.pointer is None and file.path in NAMES)
    rest = tuple(file for file in plan.missing if file not in roots)
    total = len(plan.missing)
    etags = _write(bucket, plan.release, roots, read, lambda done, _: progress(done, total))
    return etags | _write(bucket, plan.release, rest, read, lambda done, _: progress(len(roots) + done, total))


def _write(bucket: Bucket, release: Release, files: tuple[File, ...], read: Read, progress: Progress) -> dict[str, str]:
    """PUT files in parallel; their ETags by key. The first failure ends it, requests under way are finished."""
    etags: dict[str, str] = {}
    if not files:
        return etags
    with ThreadPoolExecutor(min(CONNECTIONS, len(files))) as pool:
        writes = {pool.submit(lambda file: bucket.put(release.key(file), read(file)), file): file for file in files}
        try:
            for write in as_completed(writes):
                etags[release.key(writes[write])] = write.result()
                progress(len(etags), len(files))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return etags


def _switch(bucket: Bucket, plan: Plan) -> str:
    etag = bucket.replace(POINTER, plan.release.pointer, etag=plan.pointer.etag if plan.pointer else None)
    if etag is not None:
        return etag
    found = bucket.read(POINTER)
    theirs = points_to(found[0]) if found else None
    raise PointerMoved(ours=plan.release.id, theirs=theirs, record=last_record(bucket, theirs) if theirs else None)


def _record(plan: Plan, about: About, action: Action, now: datetime, revision: str) -> Record:
    return Record(
        release=plan.release.id,
        previous=plan.live,
        time=timestamp(now),
        action=action,
        author=about.author,
        host=about.host,
        commit=about.commit,
        message=about.message,
        files=len(plan.release.files),
        size=plan.release.size,
        revision=revision,
    )


def _settle(bucket: Bucket, release: Release, read: Read, etags: dict[str, str]) -> Mapping[str, Object]:
    """LIST after the last write, and complete the release if it is not whole.

    Another publisher's clean-up may hit files that we counted on: it removes what it saw before its switch, and
    a release that was there then, and that we publish again now, is the one case our If-Match does not cover.
    """
    for _ in range(_REPAIRS):
        listing = list_live(bucket, release)
        expected = {file.path: etags[release.key(file)] for file in release.files}
        missing = missing_files(release, listing, expected)
        pointer = listing.get(POINTER)
        if not missing or pointer is None or pointer.etag != etags[POINTER]:  # else theirs, and theirs to mend
            return listing
        etags |= _write(bucket, release, missing, read, lambda done, total: None)
    raise StoreFailed(f"somebody keeps removing files of {LIVE}{release.id}/ in {bucket.target}: find out who")


@contextmanager
def _telling_on_interrupt(bucket: Bucket, plan: Plan) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        again = "publish again to go on"
        try:
            found = bucket.read(POINTER)
        except UploadError:
            raise Interrupted(f"stopped, and {bucket.target} cannot be asked what is live: {again}") from None
        live = points_to(found[0]) if found else None
        if live == plan.release.id:
            raise Interrupted(
                f"stopped after the switch: {live} is live, its clean-up may be unfinished: {again}"
            ) from None
        was = f"{live} is still live" if live else "nothing is live yet"
        raise Interrupted(f"stopped before the switch: {was}: {again}") from None
