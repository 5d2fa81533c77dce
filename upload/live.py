"""What is live in a bucket, and whether it is whole."""

from dataclasses import dataclass

from upload.errors import ReleaseNotFound, UploadError
from upload.history import live_release
from upload.plan import foreign_keys, missing_files, revision_of
from upload.release import LIVE
from upload.s3 import Bucket
from upload.source import DEFAULT_SOURCE
from upload.stored import read_stored


@dataclass(frozen=True, kw_only=True)
class Live:
    release: str
    revision: str  # what Flux reports once it has fetched it
    missing: tuple[str, ...]  # paths that are gone or were changed by hand
    foreign: tuple[str, ...]  # keys under live/ that are not ours
    problem: str | None  # why it could not be compared with its archive


def look_at_live(bucket: Bucket, *, source: str = DEFAULT_SOURCE) -> Live:
    """See what is live. Raises ReleaseNotFound before the first publish, and if the pointer is not ours."""
    id = live_release(bucket)
    if id is None:
        raise ReleaseNotFound(f"nothing is live in {bucket.target} yet: publish first")
    listing = bucket.list_exactly(LIVE)
    revision = revision_of(listing, prefix=bucket.target.prefix)
    try:
        release = read_stored(bucket, id, source=source).release
    except UploadError as error:
        return Live(release=id, revision=revision, missing=(), foreign=(), problem=str(error))
    return Live(
        release=id,
        revision=revision,
        missing=tuple(file.path for file in missing_files(release, listing)),
        foreign=foreign_keys(release, listing),
        problem=None,
    )
