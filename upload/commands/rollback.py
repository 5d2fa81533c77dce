"""`rollback`: make an earlier release live again."""

import argparse
import time

from upload.options import Parsers, add_command, add_wait, cluster_to_wait_for, finish, say, target_of

EXAMPLES = """\
  python -m upload rollback                   the release that was live before
  python -m upload rollback 3f9a --wait       a release of `history`, by the beginning of its id
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "rollback",
        help="make an earlier release live again",
        description="Make an earlier release live again: the one before, or any that `history` lists.",
        examples=EXAMPLES,
    )
    parser.add_argument("id", nargs="?", help="or the beginning of it; default: the release that was live before")
    parser.add_argument("-m", "--message", help="why, kept in history")
    add_wait(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Roll back; to what is live already: nothing."""
    started = time.monotonic()
    from upload.restore import release_before, rollback
    from upload.s3 import Bucket
    from upload.stored import find_release, require_live

    cluster = cluster_to_wait_for(options)
    bucket = Bucket(target_of(options))
    live = require_live(bucket)
    wanted = find_release(bucket, options.id) if options.id else release_before(bucket, live)
    done = rollback(bucket, wanted, source=options.source, message=options.message)
    finish(options, done, cluster, started=started)
    if done.switched:
        say("`cdktf deploy` of an unchanged tree leaves it so; `python -m upload` goes forward again")
    return 0
