"""Read the records of past publishes."""

from concurrent.futures import ThreadPoolExecutor

from upload.kustomize import points_to
from upload.record import Record, is_record_key, parse_record
from upload.release import HISTORY, POINTER
from upload.s3 import Bucket


def read_history(bucket: Bucket, *, limit: int) -> list[Record]:
    """The last `limit` records, newest first. Objects that are no records are passed over."""
    keys = sorted(filter(is_record_key, bucket.list(HISTORY)), reverse=True)
    return _read(bucket, keys[:limit])


def last_record(bucket: Bucket, release: str) -> Record | None:
    """How a release became live the last time; None if that was never recorded."""
    keys = sorted(filter(is_record_key, bucket.list(HISTORY)), reverse=True)
    found = _read(bucket, [key for key in keys if key.endswith(f"-{release}.json")][:1])
    return found[0] if found else None


def live_release(bucket: Bucket) -> str | None:
    """The release the pointer names; None before the first publish, and for a pointer that is not ours."""
    found = bucket.read(POINTER)
    return points_to(found[0]) if found else None


def _read(bucket: Bucket, keys: list[str]) -> list[Record]:
    with ThreadPoolExecutor(16) as pool:
        contents = pool.map(bucket.read, keys)
        return [record for found in contents if found and (record := parse_record(found[0]))]
