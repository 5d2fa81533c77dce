"""Releases that lie in the bucket: read one back, and find one by the beginning of its id."""

import io
import tarfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from upload.errors import ReleaseNotFound, StoreFailed
from upload.history import live_release
from upload.release import HISTORY, LIVE, File, Release, archive_key, release_of_archive, release_of_key
from upload.s3 import Bucket
from upload.source import DEFAULT_SOURCE, release_from


@dataclass(frozen=True, kw_only=True)
class StoredRelease:
    """A release with its bytes."""

    release: Release
    contents: Mapping[str, bytes] = field(repr=False)  # by path

    def read(self, file: File) -> bytes:
        """The bytes of one file."""
        return self.contents[file.path]


def read_stored(bucket: Bucket, id: str, *, source: str = DEFAULT_SOURCE, prefix: str | None = None) -> StoredRelease:
    """A release from its archive, else from live/. Raises ReleaseNotFound, StoreFailed if it is damaged.

    `prefix` is where it will be live, if not in `bucket` itself (promote).
    """
    found = bucket.read(archive_key(id))
    contents = _unpack(found[0]) if found else _from_live(bucket, id)
    if not contents:
        raise ReleaseNotFound(f"release {id} is not in {bucket.target} any more: `history` lists those that are")
    below = bucket.target.prefix if prefix is None else prefix
    release = release_from(contents, source=source, prefix=below)
    if release.id != id:
        raise StoreFailed(
            f"release {id} in {bucket.target} is damaged, it holds {release.id}: publish its source again"
        )
    return StoredRelease(release=release, contents=contents)


def find_release(bucket: Bucket, start: str) -> str:
    """The full id of the one release that begins so. Raises ReleaseNotFound, which names the candidates."""
    known = {id for key in bucket.list(HISTORY) if (id := release_of_archive(key))}
    known |= {id for key in bucket.list(LIVE) if (id := release_of_key(key))}
    candidates = sorted(id for id in known if id.startswith(start))
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise ReleaseNotFound(f"release {start!r} is ambiguous: {_some(candidates)}")
    raise ReleaseNotFound(f"no release {start!r} in {bucket.target}, there are {_some(sorted(known))}: see `history`")


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "") if ids else "none"


def require_live(bucket: Bucket) -> str:
    """The id of the live release. Raises ReleaseNotFound before the first publish."""
    live = live_release(bucket)
    if live is None:
        raise ReleaseNotFound(f"nothing is live in {bucket.target} yet: publish first")
    return live


def _unpack(content: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            return {entry.name: stream.read() for entry in tar if (stream := tar.extractfile(entry))}
    except (tarfile.TarError, OSError, EOFError):
        return {}


def _from_live(bucket: Bucket, id: str) -> dict[str, bytes]:
    keys = [key for key in bucket.list(LIVE) if release_of_key(key) == id]
    with ThreadPoolExecutor(16) as pool:
        found = zip(keys, pool.map(bucket.read, keys), strict=True)
        return {key.removeprefix(f"{LIVE}{id}/"): content[0] for key, content in found if content}
