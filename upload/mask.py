"""Hide what is secret from a diff: values give way to short digests, which tell only whether they differ. Pure."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from upload.checks.nodes import NotYaml, child, documents, items, pairs, text
from upload.checks.references import named_in, secret_patches, target_of

if TYPE_CHECKING:
    from upload.checks.nodes import Node

_FIELDS = ("data", "stringData")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # `kubectl get -o yaml` shows all values once more
_SECRET = re.compile(r"secretGenerator|kind[\"']?:\s*[\"']?Secret")
_COMMENT = re.compile(r"(?:(?<=\s)|^)#[^\n]*", re.MULTILINE)  # old values like to live on as comments


def mask_object(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object to print: the same, unless it is a Secret."""
    if item.get("kind") != "Secret":
        return item
    masked = dict(item)
    for field in _FIELDS:
        if isinstance(values := item.get(field), dict):
            masked[field] = {name: _digest(str(value)) for name, value in values.items()}
    metadata = dict(item.get("metadata") or {})
    if isinstance(notes := metadata.get("annotations"), dict):
        metadata["annotations"] = {
            name: _digest(str(note)) if name == _APPLIED else note for name, note in notes.items()
        }
    return masked | {"metadata": metadata}


def mask_text(content: str) -> str:
    """A file to print, with every value of a Secret in it hidden."""
    if "ecret" not in content:
        return content
    try:
        roots = documents(content.removeprefix("\ufeff").encode())
    except NotYaml:
        return f"({_digest(content)}: holds a Secret, and is not YAML)\n" if _SECRET.search(content) else content
    content = content.removeprefix("\ufeff")
    edits = {start: edit for root in roots for start, edit in _edits(content, root)}
    for start in sorted(edits, reverse=True):
        end, instead = edits[start]
        content = f"{content[:start]}{instead}{content[end:]}"
    return content


def secret_paths(path: str, content: bytes) -> Iterator[str]:
    """The files that the kustomization at `path` makes Secrets of, or patches them with."""
    try:
        root = next(iter(documents(content)), None)
    except NotYaml:
        return
    if root is None:
        return
    secret = [named.entry for named in named_in(root) if named.use == "secret"]
    for entry in [*secret, *(text(patch, "path") for patch in secret_patches(root))]:
        if entry:
            yield target_of(path, entry)


def _edits(content: str, root: "Node") -> Iterator[tuple[int, tuple[int, str]]]:
    """Where a document must change, and until where and to what: values, and all comments beside them."""
    values = {leaf.start_mark.index: leaf for area in _secret_areas(root) for leaf in _leaves(area)}
    for start, leaf in values.items():
        end = leaf.end_mark.index
        ending = "\n" if content[start:end].endswith("\n") else ""
        yield start, (end, f"{_digest(leaf.value)}{ending}")
    literals = [node for generator in _generators(root) for node in items(child(generator, "literals"))]
    for literal in literals:
        name, _, value = str(literal.value).partition("=")
        yield literal.start_mark.index, (literal.end_mark.index, f"{name}={_digest(value)}")
    hidden = [(node.start_mark.index, node.end_mark.index) for node in (*values.values(), *literals)]
    for node in (*_secrets(root), *_generators(root)):
        for found in _COMMENT.finditer(content, node.start_mark.index, node.end_mark.index):
            if not any(start < found.end() and found.start() < end for start, end in hidden):
                yield found.start(), (found.end(), f"# {_digest(found[0])}")


def _secrets(root: "Node") -> "Iterator[Node]":
    if text(root, "kind") == "Secret":
        yield root
    for item in items(child(root, "items")):
        yield from _secrets(item)


def _generators(root: "Node") -> "list[Node]":
    return items(child(root, "secretGenerator"))


def _secret_areas(root: "Node") -> "Iterator[Node]":
    """The nodes of a document in which every scalar is secret."""
    for secret in _secrets(root):
        found = [*(child(secret, field) for field in _FIELDS), child(secret, "metadata", "annotations", _APPLIED)]
        yield from (node for node in found if node is not None)
    for patch in secret_patches(root):
        if (inline := child(patch, "patch")) is not None:
            yield inline


def _leaves(area: "Node") -> "Iterator[Node]":
    waiting, seen = [area], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # aliases may lead in circles
            continue
        seen.add(id(node))
        if node.id == "scalar":
            yield node
        waiting += [*(value for _, value in pairs(node)), *items(node)]


def _digest(value: str) -> str:
    return f"<{hashlib.blake2b(value.encode(), digest_size=4, key=_key()).hexdigest()}>"


@cache
def _key() -> bytes:
    """Of this process alone: without it a digest of a short password could be found by trying."""
    return os.urandom(16)
