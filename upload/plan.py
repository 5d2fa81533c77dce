"""Compare a release with what a bucket holds and decide what a publish does. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from upload.kustomize import NAMES, pointer
from upload.release import LIVE, POINTER, File, Release, release_of_key
from upload.revision import revision

KEEP_HISTORY = 100  # records; one LIST page holds them with their archives


class Object(NamedTuple):
    """One row of LIST."""

    etag: str  # without the quotes, as Flux reads it
    size: int  # bytes
    modified: datetime  # by the store's clock


class Pointer(NamedTuple):
    """What live/kustomization.yaml was seen to be."""

    etag: str
    release: str  # the id it names
    is_current: bool  # it is, byte for byte, the pointer of the release to publish


class Plan(NamedTuple):
    """What a publish will do; `--dry-run` shows it, publish carries it out."""

    release: Release
    listing: Mapping[str, Object]  # everything under live/ by key
    missing: tuple[File, ...]  # to write: absent, or with other content
    pointer: Pointer | None  # as it was seen; None before the first publish
    remove: tuple[str, ...]  # ids of the releases to clean up
    foreign: tuple[str, ...]  # keys under live/ that are not ours: reported, never touched

    @property
    def switch(self) -> bool:
        """Whether the pointer has to be written."""
        return self.pointer is None or not self.pointer.is_current

    @property
    def live(self) -> str | None:
        """The release that is live before the publish."""
        return self.pointer.release if self.pointer else None

    @property
    def kept(self) -> int:
        """How many files are there already."""
        return len(self.release.files) - len(self.missing)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.switch or self.missing or self.remove)


class Published(NamedTuple):
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


def published(plan: Plan, listing: Mapping[str, Object], *, prefix: str) -> Published:
    """What was done once the plan is carried out, and `listing` is what LIST shows then."""
    return Published(
        release=plan.release.id,
        previous=plan.live,
        changed=not plan.is_empty,
        switched=plan.switch,
        written=len(plan.missing),
        kept=plan.kept,
        removed=plan.remove,
        foreign=plan.foreign,
        revision=revision_of(listing, prefix=prefix),
    )


def missing_files(
    release: Release, listing: Mapping[str, Object], etags: Mapping[str, str] | None = None
) -> tuple[File, ...]:
    """The files that are not there as they should be. `etags` by path counts instead of the MD5 where given."""
    expected = etags or {file.path: file.md5 for file in release.files}

    def is_there(file: File) -> bool:
        found = listing.get(release.key(file))
        return found is not None and (found.size, found.etag) == (file.size, expected.get(file.path))

    return tuple(file for file in release.files if not is_there(file))


def foreign_keys(release: Release, listing: Mapping[str, Object]) -> tuple[str, ...]:
    """Keys under live/ that no publish of ours has written, as far as can be told."""
    ours = {LIVE, POINTER, *map(release.key, release.files)}
    return tuple(sorted(key for key in listing if key not in ours and release_of_key(key) in (None, release.id)))


def other_releases(release: Release, listing: Mapping[str, Object]) -> tuple[str, ...]:
    """Ids of the other releases under live/, whole or in part, the one written last first."""
    written: dict[str, datetime] = {}
    for key, object in listing.items():
        id = release_of_key(key)
        if id and id != release.id:
            written[id] = max(object.modified, written.get(id, object.modified))
    return tuple(sorted(written, key=lambda id: (written[id], id), reverse=True))


def see_pointer(release: Release, listing: Mapping[str, Object]) -> Pointer | None:
    """What the pointer is, told from its ETag alone. Raises LookupError if that does not tell.

    It does not where ETags are no MD5s (SSE-KMS), nor for other releases whose pointer has patches.
    """
    seen = listing[POINTER]
    ids = {id for id in map(release_of_key, listing) if id} - {release.id}
    contents = [(id, pointer(id, rendered=rendered)) for id in ids for rendered in (False, True)]
    for id, content in [(release.id, release.pointer), *contents]:
        if md5(content) == seen.etag:
            return Pointer(seen.etag, id, id == release.id)
    raise LookupError(seen.etag)


def removal_order(ids: Iterable[str], listing: Mapping[str, Object]) -> tuple[list[str], list[str]]:
    """Keys of releases to remove: first the kustomization files of their roots, then the rest.

    Without the first, whatever part of the rest Flux still fetches fails to build, and so cannot prune.
    """
    going = set(ids)
    roots = {f"{LIVE}{id}/{name}" for id in going for name in NAMES}
    keys = sorted(key for key in listing if release_of_key(key) in going)
    return [key for key in keys if key in roots], [key for key in keys if key not in roots]


def revision_of(listing: Mapping[str, Object], *, prefix: str = "") -> str:
    """The revision Flux reports once it has fetched what LIST shows; it counts full keys, with the prefix."""
    return revision({f"{prefix}{key}": object.etag for key, object in listing.items()})


def md5(content: bytes) -> str:
    """32 hex digits, as in an ETag."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
