"""What a publish is refused for: findings in the tree, and too much that it would take out of the cluster."""

from collections.abc import Callable, Collection

from upload.build import build_both, find_kustomize
from upload.checks import check_tree
from upload.contents import ReleaseFiles, read_both, release_contents
from upload.errors import SourceRefused
from upload.prune import PruneGuard, prune_guard
from upload.s3 import Bucket
from upload.source import Tree


def refuse_findings(tree: Tree, *, skip: Collection[str]) -> None:
    """Raise SourceRefused with all findings, one a line, but for those of the checks in `skip`."""
    if findings := check_tree(tree, skip=skip):
        raise SourceRefused("\n".join(map(str, findings)))


def refuse_pruning(bucket: Bucket, new: ReleaseFiles, *, live: str | None, say: Callable[[str], None]) -> None:
    """Say what switching to `new` would remove from the cluster; raise SourceRefused if that is too much."""
    pruning = look_at_pruning(bucket, new, live=live)
    if pruning and pruning.refused:
        raise SourceRefused("\n".join(pruning.lines()))
    for line in pruning.lines() if pruning else []:
        say(line)


def look_at_pruning(bucket: Bucket, new: ReleaseFiles, *, live: str | None) -> PruneGuard | None:
    """What switching from `live` to `new` would remove from the cluster; None for the first publish."""
    if live is None or live == new.id:
        return None
    before, after, _ = build_both(*read_both(release_contents(bucket, live), new), kustomize=find_kustomize())
    return prune_guard(before, after)
