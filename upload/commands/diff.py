"""`diff`: a directory against the live release, or two releases."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from upload.options import Parsers, add_command, add_source, show, target_of
from upload.source import read_tree

if TYPE_CHECKING:
    from upload.contents import ReleaseFiles
    from upload.s3 import Bucket

EXAMPLES = """\
  python -m upload diff                       what publishing deploy/ would change
  python -m upload diff --directory site
  python -m upload diff 3f9a                  from that release to the live one
  python -m upload diff 3f9a 8e02             from one release to another
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "diff",
        help="a directory against the live release, or two releases",
        description=(
            "Compare a directory with the live release, or two releases: object by object where kustomize or\n"
            "kubectl is at hand, else file by file. Only what differs is fetched; values of Secrets are not shown."
        ),
        examples=EXAMPLES,
    )
    parser.add_argument("old", nargs="?", metavar="A", help="a release, or the beginning of its id; default: live")
    parser.add_argument("new", nargs="?", metavar="B", help="likewise; default: the directory, or live if A is given")
    parser.add_argument("--directory", type=Path, default=Path("deploy"), help="default: %(default)s")
    parser.add_argument("--files", action="store_true", help="file by file, even where kustomize is at hand")
    add_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the differences; exit 1 if there are any."""
    from upload.build import build_both, find_kustomize
    from upload.contents import read_both, tree_contents
    from upload.diff import colour, file_diff, object_diff
    from upload.s3 import Bucket

    bucket = Bucket(target_of(options))
    old = _release(bucket, options.old)
    if options.new or options.old:
        new: ReleaseFiles = _release(bucket, options.new)
    else:
        tree = read_tree(options.directory, source=options.source, prefix=bucket.target.prefix)
        new = tree_contents(tree)
    found = file_diff(old, new)
    lines = found.lines
    kustomize = None if options.files or not found.changes else find_kustomize()
    if kustomize:
        before, after, exact = build_both(*read_both(old, new), kustomize=kustomize)
        lines = object_diff(before, after) if exact else lines
    facts = {
        "old": old.id,
        "new": new.id,
        "changes": [{"path": change.path, "kind": change.kind} for change in found.changes],
    }
    if not found.changes:
        lines = [f"no difference, both are release {new.id}"]
    elif not lines:
        lines = ["no difference between the objects, only between files"]
    show(options, facts, colour(lines) if _wants_colour() else lines)
    return 1 if found.changes else 0


def _release(bucket: "Bucket", start: str | None) -> "ReleaseFiles":
    from upload.contents import release_contents
    from upload.stored import find_release, require_live

    return release_contents(bucket, find_release(bucket, start) if start else require_live(bucket))


def _wants_colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
