"""What history keeps of a publish: one JSON object, and a tar of the tree. Pure."""

import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, Literal

from upload.release import HISTORY, File, Release

_RECORD_KEY = re.compile(rf"{HISTORY}\d{{8}}T\d{{6}}\.\d{{3}}Z-([0-9a-f]{{12}})\.json")
Action = Literal["publish", "rollback", "promote"]


@dataclass(frozen=True, kw_only=True)
class About:
    """Who publishes, and what for."""

    author: str  # user or CI actor
    host: str
    commit: str | None  # of the git checkout the tree came from, with "-dirty" if it had changes
    message: str | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """One switch of the pointer."""

    release: str
    previous: str | None  # what was live before; None for the first publish
    time: str  # RFC 3339 in UTC with milliseconds, by the publisher's clock
    action: Action
    author: str
    host: str
    commit: str | None
    message: str | None
    files: int
    size: int  # bytes of all files together
    revision: str  # what Flux reports for it

    @property
    def key(self) -> str:
        """Records sort by time; the id tells two of the same millisecond apart."""
        compact = self.time.replace("-", "").replace(":", "")
        return f"{HISTORY}{compact}-{self.release}.json"

    def to_json(self) -> bytes:
        """As it is stored and as `--json` shows it."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False).encode() + b"\n"


def parse_record(content: bytes) -> Record | None:
    """Read a record back; None if it is none of ours. Fields of later versions are left out."""
    try:
        values = json.loads(content)
        return Record(**{name: values[name] for name in Record.__dataclass_fields__})
    except (ValueError, KeyError, TypeError):
        return None


def release_of_record(key: str) -> str | None:
    """The release a record is about, told from its key; None for archives and foreign objects."""
    found = _RECORD_KEY.fullmatch(key)
    return found[1] if found else None


def is_record_key(key: str) -> bool:
    """Whether an object below history/ is a record."""
    return release_of_record(key) is not None


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: 2026-11-23T07:02:05.123Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_archive(release: Release, read: Callable[[File], bytes], into: IO[bytes]) -> None:
    """Write a tar.gz of the release; the same release gives the same bytes. Holds one file at a time."""
    # mtime=0, else gzip writes the time of day. Level 1 packs manifests to within a third of level 9 in a tenth.
    with (
        gzip.GzipFile(fileobj=into, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for file in release.files:
            entry = tarfile.TarInfo(file.path)
            entry.size = file.size
            tar.addfile(entry, io.BytesIO(read(file)))
