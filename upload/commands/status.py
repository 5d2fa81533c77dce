"""`status`: what is live, and whether the cluster runs it."""

import argparse
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from upload.options import Parsers, add_cluster, add_command, add_source, cluster_of, show, target_of

if TYPE_CHECKING:
    from upload.s3 import Bucket

EXAMPLES = """\
  python -m upload status                     exit 0: in sync, 3: not
  python -m upload status --watch
  python -m upload status --json | jq .in_sync
"""
_EVERY_S = 2


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "status",
        help="what is live, and whether the cluster runs it",
        description="Show what is live in the bucket, whether it is whole, and how far Flux is with it.",
        examples=EXAMPLES,
    )
    parser.add_argument("--watch", action="store_true", help=f"again every {_EVERY_S} s, until Ctrl-C")
    add_source(parser)
    add_cluster(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show it once, or until Ctrl-C."""
    from upload.s3 import Bucket

    bucket = Bucket(target_of(options))
    if not options.watch:
        return _show(options, bucket)
    code = 0
    try:
        while True:
            code = _show(options, bucket)
            time.sleep(_EVERY_S)
            print()
    except KeyboardInterrupt:
        return code


def _show(options: argparse.Namespace, bucket: "Bucket") -> int:
    from upload import report
    from upload.cluster import has_kubeconfig
    from upload.errors import ClusterFailed, NotInSync
    from upload.flux import row
    from upload.history import last_record
    from upload.live import look_at_live

    live = look_at_live(bucket, source=options.source)
    record = last_record(bucket, live.release)
    rows, failure = [], None
    if has_kubeconfig(options.kubeconfig):
        try:
            cluster = cluster_of(options)
            rows = [row(cluster.bucket()), row(cluster.kustomization())]
        except ClusterFailed as error:
            failure = error
    runs_it = bool(rows) and all(
        entry.revision == live.revision and entry.ready == "True" and not entry.suspended for entry in rows
    )
    in_sync = not live.missing and (runs_it or not (rows or failure))
    facts: dict[str, Any] = {
        **asdict(live),
        "bucket": bucket.target.url,
        "in_sync": in_sync,
        "record": asdict(record) if record else None,
        "cluster": [entry._asdict() for entry in rows],
    }
    show(options, facts, report.status_lines(live, record, rows, bucket.target, in_sync=in_sync))
    if failure:
        raise failure
    return 0 if in_sync else NotInSync.exit_code
