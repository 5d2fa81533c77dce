"""The kustomization files a publish writes: the pointer, and the ones a tree leaves to Flux. Pure.

They are JSON where that is enough, because kustomize reads it as YAML and no YAML writer has to be loaded.
"""

import json
import posixpath
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")  # what kustomize looks for
RENDERED = "manifests.yaml"  # the one file of a release that was rendered: the pointer names it, not its folder

FLUX_GROUP = "kustomize.toolkit.fluxcd.io"
ONLY_LISTS = {"apiVersion", "kind", "metadata", "resources"}  # with no other field kustomize only gathers files
_HEADER = "# The live release, written by `python -m upload`: any other change to this file is overwritten.\n"
_GENERATED = re.compile(rb"apiVersion: kustomize\.config\.k8s\.io/v1beta1\nkind: Kustomization\nresources: (\[.*\])\n")
_POINTS_TO = re.compile(rb'^resources: \["([0-9a-f]{12})(?:/manifests\.yaml)?"\]$', re.MULTILINE)


class Nested(NamedTuple):
    """A Flux Kustomization inside the tree that reads the bucket the tree is published to."""

    name: str
    namespace: str | None
    path: str  # its spec.path without "./": below the source directory, "" for the root


def generate(directory: str, paths: Iterable[str]) -> bytes:
    """The kustomization.yaml Flux would make up for `directory` ("" for the root); the same rule, made explicit.

    Flux does so only at spec.path, which is the pointer's folder, and a release needs its own. Every .yaml and
    .yml file below becomes a resource; a folder that has a kustomization file stands for what is in it
    (fluxcd/pkg kustomize/kustomize_generator.go, scanManifests).
    """
    start = len(directory) + 1 if directory else 0
    inside = sorted(path[start:] for path in paths if is_below(directory, path))
    closed = {posixpath.dirname(path) for path in inside if posixpath.basename(path) in NAMES} - {""}
    outermost = {folder for folder in closed if not any(is_below(other, folder) for other in closed)}
    manifests = [path for path in inside if path.endswith((".yaml", ".yml"))]
    loose = [path for path in manifests if not any(is_below(folder, path) for folder in outermost)]
    return _kustomization(f"resources: {json.dumps(sorted([*outermost, *loose]), ensure_ascii=False)}\n")


def generated_resources(content: bytes) -> list[str] | None:
    """What a file that `generate` wrote lists, without a YAML parser; None for files of others."""
    found = _GENERATED.fullmatch(content)
    try:
        listed = json.loads(found[1]) if found else None
    except ValueError:
        return None
    return listed if isinstance(listed, list) and all(isinstance(one, str) for one in listed) else None


def pointer(release_id: str, nested: Iterable[Nested] = (), *, prefix: str = "", rendered: bool = False) -> bytes:
    """The content of live/kustomization.yaml while a release is live; the same arguments give the same bytes.

    A nested Flux Kustomization names a path from the root of the bucket, where the tree is not: the patch
    leads it into the release and leaves the file as it was published. `prefix` is what keys have before live/.
    """
    what = f"{release_id}/{RENDERED}" if rendered else release_id
    text = f'resources: ["{what}"]\n'  # quoted, else YAML takes some ids for numbers
    if patches := [_patch(f"./{prefix}live/{release_id}", entry) for entry in sorted(set(nested), key=str)]:
        text += f"patches: {json.dumps(patches, indent=2, ensure_ascii=False)}\n"
    return _HEADER.encode() + _kustomization(text)


def points_to(content: bytes) -> str | None:
    """The release a pointer names; None if it is not one of ours."""
    found = _POINTS_TO.search(content)
    return found[1].decode() if found else None


def nested_in(documents: Iterable[Any], *, source: str) -> list[Nested]:
    """The Flux Kustomizations among parsed YAML documents whose source is the Bucket named `source`."""
    return [nested for document in documents if (nested := _nested(document, source))]


def is_below(directory: str, path: str) -> bool:
    """Whether `path` lies anywhere inside `directory`; everything lies inside "", the root."""
    return not directory or path.startswith(f"{directory}/")


def _nested(document: Any, source: str) -> Nested | None:
    match document:
        case {
            "apiVersion": str(version),
            "kind": "Kustomization",
            "metadata": {"name": str(name)},
            "spec": {"sourceRef": {"kind": "Bucket", "name": reference}},
        } if version.startswith(f"{FLUX_GROUP}/") and reference == source:
            path = posixpath.normpath(posixpath.join("/", document["spec"].get("path") or "")).strip("/")
            return Nested(name, document["metadata"].get("namespace"), path)
    return None


def _kustomization(text: str) -> bytes:
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{text}".encode()


def _patch(root: str, nested: Nested) -> dict[str, Any]:
    # kustomize takes names as regular expressions, and a dot is common in them.
    target = {
        "group": FLUX_GROUP,
        "kind": "Kustomization",
        "name": re.escape(nested.name).replace(r"\-", "-"),
    }
    if nested.namespace:
        target["namespace"] = nested.namespace
    path = posixpath.join(root, nested.path).rstrip("/")
    return {"target": target, "patch": json.dumps([{"op": "add", "path": "/spec/path", "value": path}])}
