"""What differs between two releases, file by file and object by object, as lines. Values of Secrets never show."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from upload.contents import ReleaseFiles
from upload.kustomize import NAMES
from upload.mask import mask_object, mask_text, secret_paths
from upload.objects import Objects, Reference, dump

Kind = Literal["added", "removed", "changed"]
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~"}


class Change(NamedTuple):
    path: str
    kind: Kind


class ObjectChange(NamedTuple):
    reference: Reference
    kind: Kind


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """Compare digests by path. Sorted by path; what is the same in both is left out."""
    return [
        Change(path, kind) for path in sorted(old.keys() | new.keys()) if (kind := _kind(old.get(path), new.get(path)))
    ]


def object_changes(old: Objects, new: Objects) -> list[ObjectChange]:
    """The same for objects, in the order of group, kind, namespace and name."""
    references = sorted(old.keys() | new.keys())
    return [
        ObjectChange(reference, kind)
        for reference in references
        if (kind := _kind(old.get(reference), new.get(reference)))
    ]


class FileDiff(NamedTuple):
    """Two releases compared by their files."""

    changes: list[Change]
    lines: list[str]  # a unified diff


def file_diff(old: ReleaseFiles, new: ReleaseFiles) -> FileDiff:
    """Fetches what differs, and of the rest only kustomizations, which tell what files are secret.

    Where ETags are no MD5s (SSE-KMS) all is fetched, and what turns out to be the same is left out.
    """
    found = changes(old.md5s, new.md5s)
    before = old.read_all(change.path for change in found if change.kind != "added")
    after = new.read_all(change.path for change in found if change.kind != "removed")
    found = [change for change in found if before.get(change.path) != after.get(change.path)]
    hidden = _hidden(old, before) | _hidden(new, after) if found else set()
    lines: list[str] = []
    for change in found:
        hide = change.path in hidden
        lines += _text_diff(change.path, before.get(change.path), after.get(change.path), old.id, new.id, hide=hide)
    return FileDiff(found, lines)


def object_diff(old: Objects, new: Objects) -> list[str]:
    """One header for each object that differs, and what is new in it: `~ apps/Deployment shop/cart`.

    A removed object is its header alone.
    """
    lines: list[str] = []
    for reference, kind in object_changes(old, new):
        lines.append(f"{_MARKS[kind]} {reference}")
        if kind != "removed":
            lines += [f"  {line}" for line in _hunks(_dumped(old, reference), _dumped(new, reference))]
    return lines


def colour(lines: Iterable[str]) -> list[str]:
    """The same lines for a terminal."""
    return [f"\033[{code}m{line}\033[0m" if (code := _code(line)) else line for line in lines]


def _kind(old: object, new: object) -> Kind | None:
    if old == new:
        return None
    return "added" if old is None else "removed" if new is None else "changed"


def _hidden(files: ReleaseFiles, read: Mapping[str, bytes]) -> set[str]:
    kustomizations = [path for path in files.md5s if path.rpartition("/")[2] in NAMES]
    fetched = files.read_all(path for path in kustomizations if path not in read)
    return {hidden for path in kustomizations for hidden in secret_paths(path, read.get(path) or fetched[path])}


def _text_diff(
    path: str, old: bytes | None, new: bytes | None, old_id: str, new_id: str, *, hide: bool
) -> Iterator[str]:
    before, after = f"a/{path}" if old is not None else "/dev/null", f"b/{path}" if new is not None else "/dev/null"
    if hide:
        yield f"{before} and {after} differ, and make a Secret: not shown"
        return
    texts = [_text(path, content) for content in (old, new)]
    if None in texts:
        yield f"{before} and {after} differ, and are no text: {_size(old)}, {_size(new)}"
        return
    left, right = (_lines(text or "") for text in texts)
    yield from difflib.unified_diff(left, right, before, after, old_id, new_id, lineterm="")


def _text(path: str, content: bytes | None) -> str | None:
    """None for what is no text."""
    if content is None:
        return ""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else mask_text(text)


def _lines(text: str) -> list[str]:
    """Without what a terminal would obey; a last line that does not end is told apart, as diff does."""
    lines = [_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line) for line in text.split("\n")]
    return lines[:-1] if not lines[-1] else [*lines, "\\ No newline at end of file"]


def _dumped(objects: Objects, reference: Reference) -> list[str]:
    item = objects.get(reference)
    return [] if item is None else _lines(dump(mask_object(item)))


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    """The body of a unified diff; `...` where lines are left out, since line numbers of a dump say nothing."""
    body = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    for number, line in enumerate(body):
        if not line.startswith("@@"):
            yield line
        elif number:
            yield "..."


def _size(content: bytes | None) -> str:
    return "missing" if content is None else f"{len(content)} bytes"


def _code(line: str) -> str | None:
    """By the first letter, or the third within an object."""
    if line.startswith(("--- ", "+++ ", "~ ")):
        return "1"
    letter = line[:1] if line[:1] != " " else line[2:3] if line.startswith("  ") else ""
    return {"+": "32", "-": "31", "@": "36"}.get(letter)
