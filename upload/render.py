"""A tree as a release of one file: what kustomize makes of it.

Flux fetches every object under live/ at each change, so a big tree costs it one request instead of thousands;
and history tells objects apart instead of files. The price: the release is not the tree byte for byte, and
another version of kustomize may give it another id.
"""

from upload.build import find_kustomize, render_files
from upload.errors import SourceRefused, UsageError
from upload.kustomize import RENDERED
from upload.source import Tree, release_from


def render(tree: Tree) -> Tree:
    """Build `tree`. Raises BuildFailed, UsageError without kustomize, SourceRefused for trees that need their files."""
    kustomize = find_kustomize()
    if kustomize is None:
        raise UsageError("--render needs kustomize or kubectl on the PATH: install one, or publish without --render")
    if b"patches:" in tree.release.pointer:
        raise SourceRefused(
            f"{tree.root} holds Flux Kustomizations that read folders of this bucket, which --render does not publish: "
            "publish without it"
        )
    content = render_files({file.path: tree.read(file) for file in tree.release.files}, kustomize=kustomize)
    files = {RENDERED: content}
    return Tree(root=tree.root, release=release_from(files), generated=files)
