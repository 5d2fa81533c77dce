"""What a kustomization file names. Pure."""

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from upload.checks.nodes import child, items, line, text

if TYPE_CHECKING:
    from upload.checks.nodes import Node

Use = Literal["resource", "component", "patch", "plugin", "file", "config", "secret", "literal"]

# What kustomize takes for an address (api/internal/git/repospec.go): a scheme, a user, or GitHub by name.
_REMOTE = re.compile(r"(git::|gh:|github\.com[/:]|[\w.+-]+@[\w.-]+:|[a-z+]+://)|.*(\?ref=|\.git(/|$))", re.IGNORECASE)


class Named(NamedTuple):
    """One entry of a kustomization file."""

    use: Use
    field: str
    entry: str  # as it is written; for a literal its value alone
    line: int  # from 1


def named_in(kustomization: "Node") -> Iterator[Named]:
    """Every file and folder a kustomization names, and the literals of its secrets."""
    uses: dict[str, Use] = {
        "resources": "resource",
        "bases": "resource",
        "components": "component",
        "crds": "file",
        "configurations": "file",
        "patchesStrategicMerge": "patch",
        "generators": "plugin",
        "transformers": "plugin",
        "validators": "plugin",
    }
    for field, use in uses.items():
        for node in items(child(kustomization, field)):
            if (entry := text(node)) and not _is_inline(entry):
                yield Named(use, field, entry, line(node))
    by_path: dict[str, Use] = {"patches": "patch", "patchesJson6902": "patch", "replacements": "file"}
    for field, use in by_path.items():
        for item in items(child(kustomization, field)):
            yield from _path_of(item, use, field)
    yield from _path_of(child(kustomization, "openapi"), "file", "openapi")
    generators: dict[str, Use] = {"configMapGenerator": "config", "secretGenerator": "secret"}
    for field, use in generators.items():
        for item in items(child(kustomization, field)):
            yield from _generated(item, use, field)


def is_remote(entry: str) -> bool:
    """Whether an entry is fetched from elsewhere."""
    return _REMOTE.match(entry) is not None


def target_of(kustomization: str, entry: str) -> str:
    """Where an entry of the kustomization file leads: "apps/x.yaml", "" for the root, "../x" out of the tree."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(kustomization), entry))
    return "" if path == "." else path


def secret_patches(kustomization: "Node") -> Iterator["Node"]:
    """The patches that change Secrets, as far as their target or their text says so: what they hold is secret."""
    for field in ("patches", "patchesJson6902"):
        for item in items(child(kustomization, field)):
            if text(item, "target", "kind") == "Secret" or "kind: Secret" in text(item, "patch"):
                yield item


def _path_of(item: "Node | None", use: Use, field: str) -> Iterator[Named]:
    node = child(item, "path")
    if node is not None and text(node):
        yield Named(use, field, text(node), line(node))


def _generated(item: "Node", use: Use, field: str) -> Iterator[Named]:
    for node in items(child(item, "files")):
        name, equals, path = text(node).partition("=")  # `key=path`, or the path alone
        yield Named(use, f"{field}.files", path if equals else name, line(node))
    for key in ("envs", "env"):
        found = child(item, key)
        for node in items(found) if key == "envs" else [found] if found is not None else []:
            yield Named(use, f"{field}.{key}", text(node), line(node))
    for node in items(child(item, "literals")) if use == "secret" else ():
        yield Named("literal", f"{field}.literals", text(node).partition("=")[2].strip("'\""), line(node))


def _is_inline(entry: str) -> bool:
    return "\n" in entry or entry.startswith("{")
