"""Read the records of past publishes."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from upload.kustomize import points_to
from upload.record import Action, Record, is_record_key, parse_record, release_of_record
from upload.release import HISTORY, POINTER, archive_key, etags_key
from upload.s3 import Bucket


def read_history(bucket: Bucket, *, limit: int) -> list[Record]:
    """The last `limit` records, newest first. Objects that are no records are passed over."""
    return _read(bucket, history_keys(bucket)[:limit])


def last_record(bucket: Bucket, release: str, *, but: Action | None = None) -> Record | None:
    """How a release became live the last time, not counting records of action `but`; None if none tells."""
    keys = [key for key in history_keys(bucket) if release_of_record(key) == release]
    # One at a time: nearly always it is the first, and a release may have been live a hundred times.
    records = (record for key in keys for record in _read(bucket, [key]))
    return next((record for record in records if record.action != but), None)


def live_release(bucket: Bucket) -> str | None:
    """The release the pointer names; None before the first publish, and for a pointer that is not ours."""
    found = bucket.read(POINTER)
    return points_to(found[0]) if found else None


def history_keys(bucket: Bucket) -> list[str]:
    """The keys of all records, newest first; one request for each 1,000 objects of history."""
    return sorted(filter(is_record_key, bucket.list(HISTORY)), reverse=True)


def trim_history(bucket: Bucket, *, keep: int, live: Collection[str | None]) -> None:
    """Remove all but the newest `keep` records, and the archives of releases that only removed ones name.

    Those of `live` stay, and so do archives without any record: somebody may be about to switch to one.
    """
    records = history_keys(bucket)
    named = {release_of_record(key) for key in records[:keep]} | set(live)
    gone = {release_of_record(key) for key in records[keep:]} - named
    archives = [path for id in gone if id for path in (archive_key(id), etags_key(id))]
    if records[keep:]:
        bucket.delete([*records[keep:], *archives])


def _read(bucket: Bucket, keys: list[str]) -> list[Record]:
    with ThreadPoolExecutor(16) as pool:
        contents = pool.map(bucket.read, keys)
        return [record for found in contents if found and (record := parse_record(found[0]))]
