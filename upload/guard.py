"""What a publish is refused for: findings in the tree, and too much that it would take out of the cluster."""

from collections import defaultdict
from collections.abc import Callable, Collection

from upload.build import build_both, find_kustomize
from upload.checks import examine
from upload.checks.manifest import Manifest
from upload.checks.reach import Reached, reach
from upload.contents import ReleaseFiles, read_both
from upload.errors import SourceRefused
from upload.objects import Objects
from upload.prune import PruneGuard, prune_guard
from upload.source import Tree


def refuse_findings(tree: Tree, *, skip: Collection[str]) -> Reached:
    """Raise SourceRefused with all findings, one a line, but for those of the checks in `skip`."""
    examined = examine(tree, skip=skip)
    if examined.findings:
        raise SourceRefused("\n".join(map(str, examined.findings)))
    return examined.reached


def refuse_pruning(pruning: PruneGuard | None, *, say: Callable[[str], None]) -> None:
    """Say what a publish would remove from the cluster; raise SourceRefused if that is too much."""
    if pruning and pruning.refused:
        raise SourceRefused("\n".join(pruning.lines()))
    for line in pruning.lines() if pruning else []:
        say(line)


def look_at_pruning(
    old: ReleaseFiles | None, new: ReleaseFiles, *, reached: Reached | None = None
) -> PruneGuard | None:
    """What switching from `old` to `new` would remove from the cluster; None if nothing is live or the same is.

    `reached` is what was seen in `new` already.
    """
    if old is None or old.id == new.id:
        return None
    found = _without_building(old, new, reached) if reached else None
    before, after = found or build_both(*read_both(old, new), kustomize=find_kustomize())[:2]
    return prune_guard(before, set(after))


def _without_building(old: ReleaseFiles, new: ReleaseFiles, reached: Reached) -> tuple[Objects, Objects] | None:
    """The objects of both where kustomize only gathers files; nothing is read again that both have."""
    if not reached.only_lists:
        return None
    known: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in reached.manifests:
        if manifest.path in old.md5s and old.md5s[manifest.path] == new.md5s.get(manifest.path):
            known[manifest.path].append(manifest)
    contents = old.read_all(old.md5s.keys() - known.keys())
    before = reach(old.md5s, contents.__getitem__, known=known)
    return (before.objects(), reached.objects()) if before.only_lists else None
