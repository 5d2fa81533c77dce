"""Make a tree the live release of a bucket: files first, then the pointer in one conditional write, then clean-up.

The order is the promise: whatever stops it, Flux sees the old release or the new one, and publishing again
completes it (docs/publishing.md).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile

from upload.errors import Interrupted, PointerMoved, StoreFailed, UploadError
from upload.history import last_record, trim_history
from upload.kustomize import points_to
from upload.look import list_live
from upload.plan import KEEP_HISTORY, Object, Plan, Published, missing_files, published, removal_order
from upload.record import About, Action, Record, timestamp, write_archive
from upload.release import LIVE, POINTER, Release, archive_key, etags_key, release_of_key
from upload.revision import revision
from upload.s3 import Bucket
from upload.writing import Progress, Read, write_files, write_missing

_IN_MEMORY = 16_000_000  # bytes of an archive; a larger one goes by way of a file
_REPAIRS = 3  # how often to complete a release that somebody keeps taking apart


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
    if plan.is_empty:
        return published(plan, plan.listing, prefix=prefix)
    with _telling_on_interrupt(bucket, plan):
        etags = {key: object.etag for key, object in plan.listing.items()}
        with _meanwhile(lambda: _keep(bucket, release, read) if plan.switch else None):
            etags |= write_missing(bucket, plan, read, progress)
        if plan.missing and any(etags[release.key(file)] != file.md5 for file in release.files):
            noted = {file.path: etags[release.key(file)] for file in release.files}
            bucket.put(etags_key(release.id), json.dumps(noted).encode())
        record = None
        if plan.switch:
            etags[POINTER] = _switch(bucket, plan)
            left = {f"{prefix}{key}": etag for key, etag in etags.items() if release_of_key(key) not in plan.remove}
            record = _record(plan, about(), action, now(), revision(left))
        with _meanwhile(lambda: _tell(bucket, record, keep_history) if record else None):
            for keys in removal_order(plan.remove, plan.listing):
                bucket.delete(keys)
            settled = _settle(bucket, release, read, etags)
    return published(plan, settled, prefix=prefix)


@contextmanager
def _meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do `work` beside what the block does; both are done afterwards, or what one of them raised is raised."""
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(work)
        yield
        under_way.result()


def _keep(bucket: Bucket, release: Release, read: Read) -> None:
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as packed:
        write_archive(release, read, packed)
        size = packed.tell()
        packed.seek(0)
        if size <= _IN_MEMORY:
            bucket.add(archive_key(release.id), packed.read())
        else:
            bucket.add_large(archive_key(release.id), packed)


def _tell(bucket: Bucket, record: Record, keep_history: int) -> None:
    bucket.put(record.key, record.to_json())
    trim_history(bucket, keep=keep_history, live={record.release, record.previous})


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
        etags |= write_files(bucket, release, missing, read)
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
