"""`doctor`: is everything there that publishing needs."""

import argparse
from dataclasses import asdict

from upload.options import Parsers, add_cluster, add_command, add_source, cluster_of, show, target_of

EXAMPLES = """\
  python -m upload doctor
  python -m upload doctor --json
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "doctor",
        help="check everything that publishing needs",
        description=(
            "Check the bucket (permissions, conditional writes, settings, clock) and the cluster, if one is\n"
            "configured. Each line is ok, warn or fail, with what to do. Writes and removes one object of history/."
        ),
        examples=EXAMPLES,
    )
    add_source(parser)
    add_cluster(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Report; exit 7 if anything fails."""
    from upload.cluster import has_kubeconfig
    from upload.doctor import Check, examine_bucket, examine_cluster
    from upload.errors import ClusterFailed, StoreFailed
    from upload.s3 import Bucket

    bucket = Bucket(target_of(options))
    checks = list(examine_bucket(bucket))
    if has_kubeconfig(options.kubeconfig):
        try:
            checks += examine_cluster(bucket, cluster_of(options))
        except ClusterFailed as error:
            checks.append(Check(name="cluster", state="fail", text=str(error)))
    else:
        checks.append(Check(name="cluster", state="warn", text="not checked: name a kubeconfig with --kubeconfig"))
    width = max(len(check.name) for check in checks)
    lines = [f"{check.state:4}  {check.name:{width}}  {check.text}" for check in checks]
    show(options, [asdict(check) for check in checks], [str(bucket.target), *lines])
    return StoreFailed.exit_code if any(check.state == "fail" for check in checks) else 0
