"""What is live in a bucket, and whether it is whole."""

from dataclasses import dataclass

from upload.errors import UploadError
from upload.look import find_missing, list_live
from upload.plan import foreign_keys, revision_of
from upload.release import LIVE
from upload.s3 import Bucket
from upload.source import DEFAULT_SOURCE
from upload.stored import read_stored, require_live


@dataclass(frozen=True, kw_only=True)
class Live:
    release: str
    revision: str  # what Flux reports once it has fetched it
    missing: tuple[str, ...]  # paths that are gone or were changed by hand
    foreign: tuple[str, ...]  # keys under live/ that are not ours
    problem: str | None  # why it could not be compared with its archive


def look_at_live(bucket: Bucket, *, source: str = DEFAULT_SOURCE) -> Live:
    """See what is live. Raises ReleaseNotFound before the first publish, and if the pointer is not ours."""
    id = require_live(bucket)
    prefix = bucket.target.prefix
    try:
        release = read_stored(bucket, id, source=source).release
    except UploadError as error:
        # Nothing to tell foreign keys by, so none may be shown wrongly.
        revision = revision_of(bucket.list_exactly(LIVE), prefix=prefix)
        return Live(release=id, revision=revision, missing=(), foreign=(), problem=str(error))
    listing = list_live(bucket, release)
    return Live(
        release=id,
        revision=revision_of(listing, prefix=prefix),
        missing=tuple(file.path for file in find_missing(bucket, release, listing)),
        foreign=foreign_keys(release, listing),
        problem=None,
    )
