"""`promote`: make a release of one environment live in another."""

import argparse
import time

from upload.errors import UsageError
from upload.options import Parsers, add_allow_prune, add_command, add_wait, cluster_to_wait_for, finish, say
from upload.target import Target, choose_target

EXAMPLES = """\
  python -m upload promote staging/ production/                   what is live in staging, to production
  python -m upload promote s3://dev s3://prod 3f9a --wait         a release of `history`, to another bucket
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "promote",
        help="make a release of one environment live in another",
        description="Make a release of one bucket or prefix live in another, byte for byte and under the same id.",
        examples=EXAMPLES,
    )
    parser.add_argument("origin", metavar="FROM", help="s3://bucket[/prefix], or a prefix in the bucket")
    parser.add_argument("to", metavar="TO", help="likewise")
    parser.add_argument("id", nargs="?", help="or the beginning of it; default: what is live in FROM")
    parser.add_argument("-m", "--message", help="kept in history")
    add_allow_prune(parser)
    add_wait(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the release from FROM, publish it to TO."""
    started = time.monotonic()
    from upload.contents import release_contents
    from upload.guard import look_at_pruning, refuse_pruning
    from upload.history import live_release
    from upload.restore import promote
    from upload.s3 import Bucket
    from upload.stored import find_release, require_live

    origin, to = _place(options, options.origin), _place(options, options.to)
    if origin == to:
        raise UsageError(f"FROM and TO are the same place, {to.url}: name two")
    cluster = cluster_to_wait_for(options)
    source, goal = Bucket(origin), Bucket(to)
    id = find_release(source, options.id) if options.id else require_live(source)
    if not options.allow_prune and (live := live_release(goal)):
        pruning = look_at_pruning(release_contents(goal, live), release_contents(source, id))
        refuse_pruning(pruning, say=say)
    done = promote(source, id, goal, source=options.source, message=options.message)
    finish(options, done, cluster, started=started)
    return 0


def _place(options: argparse.Namespace, text: str) -> Target:
    bucket, prefix = options.bucket, text
    if text.startswith("s3://"):
        bucket, _, prefix = text.removeprefix("s3://").partition("/")
    place = choose_target(bucket=bucket, region=options.region, endpoint=options.endpoint, prefix=prefix)
    # An empty prefix is the bucket itself here, not the one of the settings.
    return place if prefix.strip("/") else place._replace(prefix="")
