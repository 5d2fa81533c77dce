"""A tree as a release of one file: all of its objects.

Flux fetches every object under live/ at each change, so a big tree costs it one request instead of thousands;
and history tells objects apart instead of files. Files that kustomize would only gather are joined as they are;
of all other trees it is what kustomize makes of them, and another version of it may give another release.
"""

from collections.abc import Iterator

from upload.build import find_kustomize, render_files
from upload.checks.nodes import NotYaml, child, items, pairs, text
from upload.checks.parse import parse, ties_documents
from upload.checks.references import target_of
from upload.errors import SourceRefused, UsageError
from upload.kustomize import ONLY_LISTS, RENDERED, generated_resources
from upload.objects import kustomization_of
from upload.source import Tree, release_from


class _NotJoined(Exception):
    """It takes kustomize."""


def render(tree: Tree) -> Tree:
    """Build `tree`. Raises BuildFailed, UsageError without kustomize, SourceRefused for trees that need their files."""
    if b"patches:" in tree.release.pointer:
        raise SourceRefused(
            f"{tree.root} holds Flux Kustomizations that read folders of this bucket, which --render does not publish: "
            "publish without it"
        )
    contents = {file.path: tree.read(file) for file in tree.release.files}
    try:
        return _tree(tree, _joined([contents[path] for path in _gathered("", contents)]), joined_from=tree)
    except _NotJoined:
        pass
    kustomize = find_kustomize()
    if kustomize is None:
        raise UsageError("--render needs kustomize or kubectl on the PATH: install one, or publish without --render")
    return _tree(tree, render_files(contents, kustomize=kustomize), joined_from=None)


def _tree(tree: Tree, content: bytes, *, joined_from: Tree | None) -> Tree:
    files = {RENDERED: content}
    return Tree(root=tree.root, release=release_from(files), held=files, joined_from=joined_from)


def _gathered(folder: str, contents: dict[str, bytes], above: tuple[str, ...] = ()) -> Iterator[str]:
    """The files that a folder's kustomization lists, and those it lists by way of others, in their order."""
    path = kustomization_of(folder, contents)
    if path is None or folder in above:
        raise _NotJoined  # kustomize says what is wrong
    for entry in _resources(contents[path]):
        target = target_of(path, entry)
        if target in contents:
            yield target
        else:
            yield from _gathered(target, contents, (*above, folder))


def _resources(kustomization: bytes) -> list[str]:
    if (known := generated_resources(kustomization)) is not None:
        return known
    try:
        (node,) = parse(kustomization)
    except (NotYaml, ValueError) as error:
        raise _NotJoined from error
    if not {key.value for key, _ in pairs(node)} <= ONLY_LISTS:
        raise _NotJoined
    return [text(item) for item in items(child(node, "resources"))]


def _joined(contents: list[bytes]) -> bytes:
    if any(map(ties_documents, contents)):
        raise _NotJoined
    return b"---\n".join(content if content.endswith(b"\n") else content + b"\n" for content in contents)
