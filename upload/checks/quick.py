"""A fast look at ordinary manifests: libyaml proves that they parse, and only their first lines become nodes. Pure.

Nodes of a whole manifest cost ten times as much as the proof: 3 s for 5,000 Deployments, which nobody waits for at
each save.
"""

import re
from collections.abc import Iterator
from typing import Any

from upload.checks.manifest import Manifest, manifests
from upload.checks.nodes import NotYaml, documents

# Lines that begin at the margin, which in an ordinary manifest are keys, items and comments.
_AT_MARGIN = re.compile(rb"\n(\S[^\n]*)")
_ORDINARY = re.compile(rb"([A-Za-z][\w.-]*):(?:[ \t].*)?|#.*|-(?:[ \t].*)?")
_KIND = re.compile(rb"kind:[ \t]*([A-Za-z]+)[ \t]*(?:#.*)?")
_SEPARATOR = re.compile(rb"\n---[ \t]*(?:#[^\n]*)?(?=\n|$)")
_SOMETHING = re.compile(rb"\n[ \t]*[^\s#]")
_ALIAS = re.compile(rb"[\s:,\[{-]\*\w")
_HEAD = (b"apiVersion", b"kind", b"metadata")
_NEEDS_ALL = (b"Secret", b"Kustomization")  # of these the rest matters as well, and so it does of lists


def quick_manifests(path: str, content: bytes) -> list[Manifest] | None:
    """The manifests of a file; None if it takes the long way, which also says what is wrong with it."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", None)  # missing where PyYAML was built without libyaml
    if loader is None or _is_unusual(content):
        return None
    found: list[Manifest] = []
    try:
        loader(content).raw_parse()
        for document, line in _documents(content):
            head = _head(document)
            if head is None:
                return None
            for manifest in manifests(path, documents(head)[0]):
                version = document.find(b"\napiVersion:")
                found.append(manifest._replace(line=line + document.count(b"\n", 0, version)))
    except (yaml.YAMLError, NotYaml):
        return None
    return found


def _is_unusual(content: bytes) -> bool:
    """Whether anything may tie the first lines to others, or reads otherwise than it looks."""
    if any(mark in content for mark in (b"{{", b"<<", b"\r", b"\n...", b"\n%")) or content[:1] in (b"%", b"\xef"):
        return True
    return b"*" in content and _ALIAS.search(content) is not None


def _documents(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The documents that hold more than comments, from the line break before them, and their first line's number."""
    content, start, line = b"\n" + content, 0, 1
    ends = [found.span() for found in _SEPARATOR.finditer(content)]
    for end, after in [*ends, (len(content), len(content))]:
        document = content[start:end]
        if _SOMETHING.search(document):
            yield document, line
        line += content.count(b"\n", start, after)
        start = after


def _head(document: bytes) -> bytes | None:
    """The lines of apiVersion, kind and metadata; None if they cannot be told by their looks."""
    margin = [(found.start(1), _ORDINARY.fullmatch(found[1])) for found in _AT_MARGIN.finditer(document)]
    keys = [(start, line[1], line[0]) for start, line in margin if line and line[1]]
    kinds = [_KIND.fullmatch(line) for _, key, line in keys if key == b"kind"]
    if not all(line for _, line in margin) or len(kinds) != 1 or kinds[0] is None:
        return None
    if (kind := kinds[0][1]) in _NEEDS_ALL or kind.endswith(b"List"):
        return None
    ends = [*(start for start, _, _ in keys[1:]), len(document)]
    heads = [document[start:end] + b"\n" for (start, key, _), end in zip(keys, ends, strict=True) if key in _HEAD]
    return b"".join(heads) if len(heads) == len(_HEAD) else None
