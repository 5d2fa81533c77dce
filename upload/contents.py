"""The files of a release, wherever it is: a directory, live/, or an archive. Fetches no more than what is asked for."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from upload.errors import StoreFailed
from upload.kustomize import NAMES
from upload.plan import Object, Plan
from upload.release import LIVE, release_of_key
from upload.s3 import Bucket
from upload.source import Tree
from upload.stored import read_stored

_CONNECTIONS = 64


@dataclass(frozen=True, kw_only=True)
class ReleaseFiles:
    """What a release holds, and how to get at it."""

    id: str
    md5s: Mapping[str, str] = field(repr=False)  # by path; on stores with SSE-KMS ETags that are no MD5s
    near: bool  # reading costs no request
    read: Callable[[str], bytes] = field(repr=False)  # the bytes of a path; may be called from many threads

    def read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Contents by path, fetched in parallel where they are far."""
        wanted = list(paths)
        if self.near or not wanted:
            return {path: self.read(path) for path in wanted}
        with ThreadPoolExecutor(min(_CONNECTIONS, len(wanted))) as pool:
            return dict(zip(wanted, pool.map(self.read, wanted), strict=True))


def tree_contents(tree: Tree) -> ReleaseFiles:
    """What would be published."""
    files = {file.path: file for file in tree.release.files}
    return ReleaseFiles(
        id=tree.release.id,
        md5s={path: file.md5 for path, file in files.items()},
        near=True,
        read=lambda path: tree.read(files[path]),
    )


def release_contents(bucket: Bucket, id: str, *, listing: Mapping[str, Object] | None = None) -> ReleaseFiles:
    """A release that was published: what lies under live/ as it lies there, an older one from its archive.

    One LIST, unless live/ was listed just now, and one GET for an archive. Raises ReleaseNotFound, StoreFailed.
    """
    root = f"{LIVE}{id}/"
    rows = bucket.list(root) if listing is None else listing
    md5s = {key.removeprefix(root): row.etag for key, row in rows.items() if release_of_key(key) == id}
    # Without the file of its root, clean-up was on it and cut short: its archive has all of it.
    if any(name in md5s for name in NAMES):
        return ReleaseFiles(id=id, md5s=md5s, near=False, read=lambda path: _read(bucket, f"{root}{path}"))
    stored = read_stored(bucket, id)
    return ReleaseFiles(
        id=id,
        md5s={file.path: file.md5 for file in stored.release.files},
        near=True,
        read=stored.contents.__getitem__,
    )


def live_contents(bucket: Bucket, plan: Plan) -> ReleaseFiles | None:
    """What was live when the plan was made; None if nothing was. Raises ReleaseNotFound, StoreFailed."""
    return release_contents(bucket, plan.live, listing=plan.listing) if plan.live else None


def read_both(old: ReleaseFiles, new: ReleaseFiles) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """All contents of two releases; what they have in common is read once, where it is nearer."""
    common = {path for path, md5 in old.md5s.items() if new.md5s.get(path) == md5}
    shared = (old if old.near else new).read_all(common)
    return (
        {**shared, **old.read_all(old.md5s.keys() - common)},
        {**shared, **new.read_all(new.md5s.keys() - common)},
    )


def _read(bucket: Bucket, key: str) -> bytes:
    found = bucket.read(key)
    if found is None:
        raise StoreFailed(f"{key} in {bucket.target} has gone while it was compared: try again")
    return found[0]
