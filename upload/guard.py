"""What a publish is refused for: findings in the tree, and too much that it would take out of the cluster."""

from collections.abc import Collection

from upload.build import build_both, find_kustomize
from upload.checks import check_tree
from upload.contents import read_both, release_contents, tree_contents
from upload.errors import SourceRefused
from upload.prune import PruneGuard, prune_guard
from upload.s3 import Bucket
from upload.source import Tree


def refuse_findings(tree: Tree, *, skip: Collection[str]) -> None:
    """Raise SourceRefused with all findings, one a line, but for those of the checks in `skip`."""
    if findings := check_tree(tree, skip=skip):
        raise SourceRefused("\n".join(map(str, findings)))


def look_at_pruning(bucket: Bucket, tree: Tree, *, live: str | None) -> PruneGuard | None:
    """What switching from `live` to the tree would remove from the cluster; None for the first publish."""
    if live is None or live == tree.release.id:
        return None
    old, new = read_both(release_contents(bucket, live), tree_contents(tree))
    before, after, _ = build_both(old, new, kustomize=find_kustomize())
    return prune_guard(before, after)
