"""See what a bucket holds, and plan a publish by it. Reads only."""

import json
from collections.abc import Mapping

from upload.errors import SourceRefused
from upload.kustomize import points_to
from upload.plan import Object, Plan, Pointer, foreign_keys, missing_files, other_releases, see_pointer
from upload.release import LIVE, POINTER, File, Release, etags_key, is_release_id
from upload.s3 import Bucket

_PART = 900  # keys; less than a page, so that a release with a few more files still fits


def look(bucket: Bucket, release: Release) -> Plan:
    """Compare `release` with the bucket and plan its publish. Writes nothing.

    One request as a rule. Raises SourceRefused if live/kustomization.yaml is somebody else's, StoreFailed.
    """
    listing = list_live(bucket, release)
    pointer = _see_pointer(bucket, release, listing)
    others = other_releases(release, listing)
    keep = pointer.release if pointer else None
    if keep == release.id:
        keep = _previous(bucket, release.id, others)
    return Plan(
        release=release,
        listing=listing,
        missing=find_missing(bucket, release, listing),
        pointer=pointer,
        remove=tuple(id for id in others if id != keep),
        foreign=foreign_keys(release, listing),
    )


def list_live(bucket: Bucket, release: Release) -> Mapping[str, Object]:
    """Everything under live/. Foreign keys may be shown wrongly by the fast LIST, and the revision counts them."""
    listing = _list_in_parts(bucket, release) if len(release.files) > _PART else bucket.list(LIVE)
    return bucket.list_exactly(LIVE) if foreign_keys(release, listing) else listing


def _list_in_parts(bucket: Bucket, release: Release) -> Mapping[str, Object]:
    """LIST answers 1,000 keys at a time, one page after the other; what to ask for is known, from this release.

    The one before is likely to have the same files.
    """
    paths = [file.path for file in release.files][_PART - 1 :: _PART]
    ids = {release.id, *filter(is_release_id, bucket.folders(LIVE))}
    return bucket.list_parts(LIVE, sorted(f"{LIVE}{id}/{path}" for id in ids for path in paths))


def find_missing(bucket: Bucket, release: Release, listing: Mapping[str, Object]) -> tuple[File, ...]:
    """The files that are not there as they should be, on stores whose ETags are no MD5s too."""
    missing = missing_files(release, listing)
    if any(release.key(file) in listing for file in missing):
        # Damaged, or such a store: then the ETags it gave were noted down.
        return missing_files(release, listing, _noted_etags(bucket, release.id))
    return missing


def _see_pointer(bucket: Bucket, release: Release, listing: Mapping[str, Object]) -> Pointer | None:
    if POINTER not in listing:
        return None
    try:
        return see_pointer(release, listing)
    except LookupError:
        found = bucket.read(POINTER)
    if found is None:
        return None
    content, etag = found
    id = points_to(content)
    if id is None:
        raise SourceRefused(
            f"{POINTER} in {bucket.target} was not written by bucketops and would be overwritten: "
            f"move it away first, for example `aws s3 mv s3://{bucket.target.bucket}/{POINTER} ...`"
        )
    return Pointer(etag, id, content == release.pointer)


def _noted_etags(bucket: Bucket, id: str) -> dict[str, str] | None:
    found = bucket.read(etags_key(id))
    try:
        noted = json.loads(found[0]) if found else None
    except ValueError:
        return None
    return noted if isinstance(noted, dict) else None


def _previous(bucket: Bucket, live: str, others: tuple[str, ...]) -> str | None:
    if len(others) < 2:
        return next(iter(others), None)
    from upload.history import last_record

    # A clean-up was cut short. The newest need not be the previous: it may be an upload that was given up.
    record = last_record(bucket, live)
    return record.previous if record and record.previous in others else others[0]
