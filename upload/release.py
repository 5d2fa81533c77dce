"""What a release is: its files, its name, and where both lie in the bucket. Pure: no I/O."""

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

LIVE = "live/"  # what Flux reads: releases, and the pointer that names one of them
HISTORY = "history/"  # records and archives, which Flux must not see
POINTER = f"{LIVE}kustomization.yaml"

_ID = re.compile(r"[0-9a-f]{12}")
_ARCHIVE_KEY = re.compile(r"history/([0-9a-f]{12})\.(?:tar\.gz|etags\.json)")
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_UNUSUAL = {"", ".", ".."}  # parts of a path that we never write; a marker such as "a/" ends in an empty one
_MAX_KEY = 1024  # bytes of UTF-8, S3's limit for a key


class File(NamedTuple):
    path: str  # below the source directory, "/"-separated: "catalogue/deployment.yaml"
    sha256: str  # 64 hex digits; names the release
    md5: str  # 32 hex digits; the ETag S3 gives a single PUT unless it encrypts with KMS
    size: int  # bytes


class Release(NamedTuple):
    id: str  # 12 hex digits; the same files always get the same id
    files: tuple[File, ...]  # sorted by path, never empty
    pointer: bytes  # what live/kustomization.yaml holds while this release is live

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    def key(self, file: File) -> str:
        """The object that holds this file."""
        return f"{LIVE}{self.id}/{file.path}"


def release_id(files: Iterable[File]) -> str:
    """Name a set of files by its content: publishers of the same files write the same keys.

    The digest is that of `sha256sum`'s list in byte order of the paths, so that it can be checked without us:
    `find * -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c -12`.
    """
    listing = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path.encode()))
    return hashlib.sha256(listing.encode()).hexdigest()[:12]


def is_release_id(text: str) -> bool:
    """Whether `text` has the form of a release id."""
    return _ID.fullmatch(text) is not None


def release_of_key(key: str) -> str | None:
    """The id of the release an object belongs to; None for the pointer and for foreign objects."""
    directory, _, path = key.removeprefix(LIVE).partition("/")
    if not (key.startswith(LIVE) and is_release_id(directory)):
        return None
    return directory if _UNUSUAL.isdisjoint(path.split("/")) else None


def archive_key(id: str) -> str:
    """Where the tar of a release lies."""
    return f"{HISTORY}{id}.tar.gz"


def release_of_archive(key: str) -> str | None:
    """The release whose archive or ETags a key of history holds; None for records and foreign objects."""
    found = _ARCHIVE_KEY.fullmatch(key)
    return found[1] if found else None


def etags_key(id: str) -> str:
    """Where the ETags of a release lie, on stores whose ETags are not the MD5 of the content."""
    return f"{HISTORY}{id}.etags.json"


def path_problems(paths: Iterable[str]) -> list[str]:
    """What S3 or Flux cannot hold, one line each.

    S3 takes nearly any key, but Flux writes the objects to a file system
    (fluxcd/source-controller internal/bucket), where `a` and `a/b`, `..` and `//` collide or leave it.
    """
    known = set(paths)
    problems = []
    for path in sorted(known):
        parts = path.split("/")
        parents = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if found := _UNWRITABLE.search(path):
            what = "a control character in its name" if found[0] < "\x80" else "a name that is not UTF-8"
            problems.append(f"{path!r} has {what}: rename it")
        elif not _UNUSUAL.isdisjoint(parts):
            problems.append(f"{path} has an empty, '.' or '..' part: Flux cannot store it, rename it")
        elif collision := sorted(parents & known):
            problems.append(f"{collision[0]} and {path} cannot both be stored: one is a file, the other its folder")
        elif len(f"{LIVE}{'0' * 12}/{path}".encode()) > _MAX_KEY:
            problems.append(f"{path[:60]}... is longer than a key of S3 may be ({_MAX_KEY} bytes): shorten it")
    return problems
