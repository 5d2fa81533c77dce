"""`wait`: return when the cluster runs what is live."""

import argparse
import time

from upload.options import Parsers, add_cluster, add_command, add_source, add_timeout, cluster_of, say, show, target_of

EXAMPLES = """\
  python -m upload wait                       until the cluster runs what is live
  python -m upload wait --timeout 20m
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "wait",
        help="return when the cluster runs what is live",
        description="Make Flux fetch now; return when what is live is applied and healthy, or Flux says why not.",
        examples=EXAMPLES,
    )
    add_timeout(parser)
    add_source(parser)
    add_cluster(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Wait for the revision of what LIST shows."""
    started = time.monotonic()
    from upload.live import look_at_live
    from upload.revision import short
    from upload.s3 import Bucket
    from upload.wait import wait_for

    cluster = cluster_of(options)
    live = look_at_live(Bucket(target_of(options)))
    wait_for(cluster, revision=live.revision, release=live.release, timeout_s=options.timeout, say=say)
    seconds = time.monotonic() - started
    line = f"release {live.release} is applied and healthy, revision {short(live.revision)}, {seconds:.1f} s"
    show(options, {"release": live.release, "revision": live.revision, "applied": True}, [line])
    return 0
