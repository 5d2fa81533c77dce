"""Files of a tree as nodes and manifests, each document parsed once however many releases have it. Pure."""

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from upload.checks.manifest import Manifest, manifests
from upload.checks.nodes import NotYaml, documents, mapping_as_key, repeated_key

if TYPE_CHECKING:
    from upload.checks.nodes import Node

_SEPARATOR = re.compile(rb"^---[ \t]*(?:#[^\n]*)?\n", re.MULTILINE)
_ALIAS = re.compile(rb"[\s:,\[{-]\*\w")

# By MD5 of the document, lines from its beginning: a release and the one before have most of theirs in common, and
# so has what is saved while `--watch` runs.
_known: dict[bytes, list[Manifest]] = {}
_MOST = 100_000


def parse(content: bytes) -> "list[Node]":
    """The documents of a file. Raises NotYaml, for what PyYAML lets pass and kustomize does not, too."""
    found = documents(content)
    for node in found:
        # A template's braces may read as a mapping of mappings.
        if b"{{" in content and (wrong := mapping_as_key(node)) is not None:
            raise NotYaml("a mapping cannot be a key", wrong.start_mark.line + 1)
        if (again := repeated_key(node)) is not None:
            raise NotYaml(f"the key {again.value!r} is there twice", again.start_mark.line + 1)
    return found


def manifests_of(path: str, content: bytes) -> list[Manifest]:
    """The manifests of a file. Raises NotYaml."""
    if ties_documents(content):
        return [manifest for node in parse(content) for manifest in manifests(path, node)]
    found: list[Manifest] = []
    for document, line in _documents(content):
        key = hashlib.md5(document, usedforsecurity=False).digest()
        if (read := _known.get(key)) is None:
            if len(_known) >= _MOST:
                _known.clear()
            try:
                read = _known[key] = [manifest for node in parse(document) for manifest in manifests("", node)]
            except NotYaml as error:
                raise NotYaml(str(error), line + error.line) from error
        found += [_moved(manifest, path, line) for manifest in read]
    return found


def ties_documents(content: bytes) -> bool:
    """Whether a document may need what stands outside of it, or ends otherwise than at a line of dashes."""
    if content[:1] in (b"%", b"\xef", b"\xff", b"\xfe") or any(mark in content for mark in (b"\r", b"\n...", b"\n%")):
        return True
    return b"*" in content and _ALIAS.search(content) is not None


def _documents(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The parts between lines of dashes, and how many lines stand before each."""
    start = line = 0
    for found in _SEPARATOR.finditer(content):
        yield content[start : found.start()], line
        line += content.count(b"\n", start, found.end())
        start = found.end()
    yield content[start:], line


def _moved(manifest: Manifest, path: str, lines: int) -> Manifest:
    return manifest._replace(
        path=path,
        line=manifest.line + lines,
        plain=None if manifest.plain is None else manifest.plain + lines,
        reads=None if manifest.reads is None else (manifest.reads[0], manifest.reads[1] + lines),
    )
