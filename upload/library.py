"""Publishing from Python: `from upload import publish`. The command line is a layer over this."""

from collections.abc import Callable, Collection
from pathlib import Path

from upload.look import look
from upload.plan import KEEP_HISTORY, Published, published
from upload.s3 import Bucket
from upload.source import DEFAULT_SOURCE, Tree, read_tree
from upload.target import Target


def publish(
    tree: Path | Tree,
    target: Target,
    *,
    message: str | None = None,
    source: str = DEFAULT_SOURCE,
    skip_checks: Collection[str] = (),
    allow_prune: bool = False,
    keep_history: int = KEEP_HISTORY,
    progress: Callable[[int, int], None] = lambda done, total: None,
    say: Callable[[str], None] = lambda text: None,
) -> Published:
    """Make a directory, or a tree that was read, the live release. Publishing what is live already writes nothing.

    `source` names the Flux Bucket that reads it, `skip_checks` checks of `upload.checklist.CHECKS`; `say` is told
    what will be pruned. Raises SourceRefused if the tree or the pruning is refused, before anything is sent;
    PointerMoved if somebody else published meanwhile; StoreFailed; Interrupted on Ctrl-C.
    """
    read = tree if isinstance(tree, Tree) else read_tree(tree, source=source, prefix=target.prefix)
    bucket = Bucket(target)
    plan = look(bucket, read.release)
    if plan.is_empty:  # before all that loads what only a publish that changes something needs
        return published(plan, plan.listing, prefix=target.prefix)
    from upload.provenance import about
    from upload.publishing import carry_out

    if plan.switch:
        from upload.contents import live_contents, tree_contents
        from upload.guard import look_at_pruning, refuse_findings, refuse_pruning

        reached = refuse_findings(read, skip=skip_checks)
        if not allow_prune:
            pruning = look_at_pruning(live_contents(bucket, plan), tree_contents(read), reached=reached)
            refuse_pruning(pruning, say=say)
    return carry_out(
        bucket,
        plan,
        read.read,
        about=lambda: about(read.root, message=message),
        keep_history=keep_history,
        progress=progress,
    )
