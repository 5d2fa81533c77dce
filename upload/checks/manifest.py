"""What is worth knowing of one manifest: nodes go in, a few words and lines come out. Pure."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from upload.checks.nodes import NULL, child, items, line, pairs, text
from upload.kustomize import FLUX_GROUP
from upload.objects import Reference, folder_of, group_of

if TYPE_CHECKING:
    from upload.checks.nodes import Node

# Values that kustomize-controller fills in (postBuild) are not in the file.
_SUBSTITUTED = re.compile(r"(\$\{[^}]*\}|\s)*")
_PRUNE = f"{FLUX_GROUP}/prune"


class Manifest(NamedTuple):
    """One object of a file. Lines count from 1."""

    path: str
    line: int  # of its apiVersion, else where it begins
    api_version: str
    kind: str
    namespace: str
    name: str
    keep: bool  # Flux never prunes it
    plain: int | None  # the line of a Secret's first value that everybody can read
    reads: tuple[str, int] | None  # of a Flux Kustomization on a Bucket: its folder, and the line that says so
    regular: bool  # labels and annotations are mappings of scalars, as kustomize wants them

    @property
    def reference(self) -> Reference:
        """As the file has it; a kustomization may change it."""
        return Reference(group_of(self.api_version), self.kind, self.namespace, self.name)


def manifests(path: str, node: "Node") -> Iterator[Manifest]:
    """The manifests of a document: itself, or what is in it if it is a list."""
    kind = text(node, "kind")
    inner = child(node, "items")
    if kind.endswith("List") and inner is not None:
        for item in items(inner):
            yield from manifests(path, item)
        return
    metadata = child(node, "metadata")
    version = child(node, "apiVersion")
    yield Manifest(
        path=path,
        line=line(node if version is None else version),
        api_version=text(node, "apiVersion"),
        kind=kind,
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        keep=any(text(metadata, field, _PRUNE).lower() == "disabled" for field in ("labels", "annotations")),
        plain=_plain(node) if kind == "Secret" else None,
        reads=_reads(node) if kind == "Kustomization" else None,
        regular=all(_is_flat(child(metadata, field)) for field in ("labels", "annotations")),
    )


def is_encrypted(content: bytes) -> bool:
    """Whether SOPS wrote a file: it leaves its own notes in each format, and one encrypted value at least."""
    return b"ENC[AES256_GCM," in content and b"sops" in content


def is_readable(value: str) -> bool:
    """Whether a value says something: it is not empty, not encrypted, and not filled in by Flux."""
    return not value.startswith("ENC[") and not _SUBSTITUTED.fullmatch(value)


def _plain(node: "Node") -> int | None:
    if text(node, "apiVersion") != "v1":
        return None
    values = [value for field in ("data", "stringData") for _, value in pairs(child(node, field))]
    # Which keys SOPS encrypts is its user's choice, so one of them speaks for the rest.
    if child(node, "sops") is not None and any(value.value.startswith("ENC[") for value in values if _is_text(value)):
        return None
    return next((line(value) for value in values if _is_text(value) and is_readable(value.value)), None)


def _is_flat(node: "Node | None") -> bool:
    if node is None or node.tag == NULL:
        return True
    return node.id == "mapping" and all(value.id == "scalar" for _, value in pairs(node))


def _is_text(node: "Node") -> bool:
    return node.id == "scalar" and node.tag != NULL


def _reads(node: "Node") -> tuple[str, int] | None:
    if group_of(text(node, "apiVersion")) != FLUX_GROUP or text(node, "spec", "sourceRef", "kind") != "Bucket":
        return None
    path = child(node, "spec", "path")
    return folder_of(text(path)), line(node if path is None else path)
