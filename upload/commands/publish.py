"""`publish`: make a directory the live release."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from upload.checklist import CHECKS, check_names
from upload.errors import NotInSync, Rejected, SourceRefused, UploadError, UsageError
from upload.options import (
    Parsers,
    add_allow_prune,
    add_command,
    add_wait,
    cluster_to_wait_for,
    positive,
    report_published,
    say,
    show,
    target_of,
)
from upload.plan import KEEP_HISTORY
from upload.source import Tree, read_tree

if TYPE_CHECKING:
    from upload.cluster import Cluster
    from upload.plan import Published
    from upload.s3 import Bucket

EXAMPLES = """\
  python -m upload                            publish deploy/ to the bucket of cdktf.json
  python -m upload publish site -m "v2"       publish another directory, with a message for history
  python -m upload --dry-run                  show what would be done
  python -m upload --wait                     return when the cluster runs it
  python -m upload --wait --rollback-on-failure
  python -m upload --watch --wait             publish on every save
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "publish",
        help="make a directory the live release",
        description="Make a directory the live release, in one atomic switch. Unchanged: nothing is written.",
        examples=EXAMPLES,
    )
    parser.add_argument("directory", nargs="?", type=Path, default=Path("deploy"), help="default: deploy")
    parser.add_argument("-m", "--message", help="what the release is for, kept in history")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and write nothing")
    parser.add_argument("--expect", metavar="ID", help="refuse unless the directory is this release")
    parser.add_argument(
        "--rollback-on-failure", action="store_true", help="with --wait: make the release before live again"
    )
    parser.add_argument("--render", action="store_true", help="publish all of its objects as one file: for big trees")
    parser.add_argument("--watch", action="store_true", help="publish again whenever a file is saved, until Ctrl-C")
    parser.add_argument(
        "--no-check", action="append", default=[], metavar="NAME", help=f"pass by one of {', '.join(CHECKS)}"
    )
    add_allow_prune(parser)
    parser.add_argument(
        "--keep-history",
        type=positive,
        default=KEEP_HISTORY,
        metavar="N",
        help="records to keep (default: %(default)s)",
    )
    add_wait(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Publish once, or until Ctrl-C."""
    if options.rollback_on_failure and not options.wait:
        raise UsageError("--rollback-on-failure needs --wait, which finds out about the failure")
    check_names(options.no_check)
    target_of(options)
    if options.watch:
        from upload.watch import watch

        return watch(options.directory, lambda: read(options), lambda tree: _publish(options, tree))
    tree = read(options)  # before the store's library is loaded: a refused tree needs none
    if options.expect and options.expect != tree.release.id:
        raise SourceRefused(
            f"{options.directory} is release {tree.release.id}, expected {options.expect}: "
            "it changed since, for a deploy run `cdktf deploy` again"
        )
    if options.dry_run:
        _show_plan(options, tree)
        return 0
    _publish(options, tree)
    return 0


def _show_plan(options: argparse.Namespace, tree: Tree) -> None:
    from upload import report
    from upload.contents import live_contents, tree_contents
    from upload.guard import look_at_pruning, refuse_findings
    from upload.look import look
    from upload.s3 import Bucket

    bucket = Bucket(target_of(options))
    plan = look(bucket, tree.release)
    reached = refuse_findings(tree, skip=options.no_check)
    pruning = look_at_pruning(live_contents(bucket, plan), tree_contents(tree), reached=reached)
    lines = report.plan_lines(plan, bucket.target) + (pruning.lines() if pruning else [])
    removed = [str(one.reference) for one in pruning.removed] if pruning else []
    show(options, report.plan_facts(plan) | {"pruned": removed}, lines)


def read(options: argparse.Namespace) -> Tree:
    """The tree that is meant."""
    tree = read_tree(options.directory, source=options.source, prefix=target_of(options).prefix)
    if options.render:
        from upload.build import BuildFailed
        from upload.render import render

        try:
            return render(tree)
        except BuildFailed:
            from upload.guard import refuse_findings

            refuse_findings(tree, skip=options.no_check)  # says it with file and line, where it knows
            raise
    return tree


def _publish(options: argparse.Namespace, tree: Tree) -> None:
    started = time.monotonic()
    from upload import report
    from upload.library import publish
    from upload.progress import progress_bar
    from upload.s3 import Bucket

    cluster = cluster_to_wait_for(options)
    target = target_of(options)
    with progress_bar(f"uploading to {target.url}") as progress:
        done = publish(
            tree,
            target,
            message=options.message,
            source=options.source,
            skip_checks=options.no_check,
            allow_prune=options.allow_prune,
            keep_history=options.keep_history,
            progress=progress,
            say=say,
        )
    for line in report.warnings(done):
        say(line)
    if options.expect and done.switched:
        _tell_of_rollback(Bucket(target), done)
    if cluster:
        _wait(options, Bucket(target), done, cluster)
    report_published(options, done, started=started, applied=bool(cluster))


def _tell_of_rollback(bucket: "Bucket", done: "Published") -> None:
    """A deploy that goes forward from a rollback says so: whoever rolled back may have had a reason."""
    from upload.history import last_record

    record = last_record(bucket, done.previous) if done.previous else None
    if record and record.action == "rollback":
        why = f" ({record.message})" if record.message else ""
        say(f"this goes forward from {record.release}, to which {record.author} rolled back at {record.time}{why}")


def _wait(options: argparse.Namespace, bucket: "Bucket", done: "Published", cluster: "Cluster") -> None:
    from upload.wait import wait_for

    if done.switched:
        say(f"release {done.release} is live, waiting for Flux")
    try:
        wait_for(cluster, revision=done.revision, release=done.release, timeout_s=options.timeout, say=say)
    except (Rejected, NotInSync) as failure:
        if not (options.rollback_on_failure and done.switched and done.previous):
            raise
        raise _rolled_back(options, bucket, done.previous, cluster, failure) from failure


def _rolled_back(
    options: argparse.Namespace, bucket: "Bucket", previous: str, cluster: "Cluster", failure: UploadError
) -> UploadError:
    """Make the release before live again, wait for it, and answer the failure that tells of both."""
    from upload.restore import rollback
    from upload.wait import wait_for

    first, *rest = str(failure).splitlines()
    say(f"failed, rolling back to {previous}")
    why = first if len(first) < 200 else f"{first[:200]}..."
    back = rollback(bucket, previous, source=options.source, message=f"by itself: {why}")
    wait_for(cluster, revision=back.revision, release=back.release, timeout_s=options.timeout, say=say)
    return type(failure)("\n".join([first, *rest, f"rolled back: release {previous} is live and applied again"]))
