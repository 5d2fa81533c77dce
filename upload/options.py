"""Options that several commands share, and what they mean."""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upload.source import DEFAULT_SOURCE
from upload.target import Target, choose_target

if TYPE_CHECKING:
    from upload.cluster import Cluster
    from upload.plan import Published

EXIT_CODES = """\
exit codes:
    0  done
    1  the releases differ (diff)
    2  wrong usage, settings, or no such release
    3  the cluster is not in sync with the bucket
    4  refused by a check, nothing was changed
    5  somebody else published in between
    6  Flux rejected the release
    7  the store or the cluster could not be reached, or refused
  130  Ctrl-C
"""
_UNITS = {"s": 1, "m": 60, "h": 3600}

Parsers = Any  # argparse has no public name for it


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Knows the width itself: argparse asks shutil at each option, and that loads every compressor there is."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.__stdout__.fileno()).columns)  # type: ignore[union-attr]
        except (OSError, ValueError, AttributeError):
            columns = 80
        super().__init__(prog, width=columns - 2)


def add_command(commands: Parsers, name: str, *, help: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A command with the options every command has, and its examples in --help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=f"examples:\n{examples}\n{EXIT_CODES}",
        formatter_class=HelpFormatter,
    )
    store = parser.add_argument_group("the bucket")
    store.add_argument("--bucket", help="default: BUCKETOPS_BUCKET, else cdktf.json")
    store.add_argument("--prefix", help="a folder in the bucket, one for each environment; default: BUCKETOPS_PREFIX")
    store.add_argument("--region", help="AWS region; default: BUCKETOPS_REGION, else cdktf.json, else AWS_REGION")
    store.add_argument("--endpoint", metavar="URL", help="an S3 server other than AWS; default: AWS_ENDPOINT_URL")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def add_source(parser: argparse.ArgumentParser) -> None:
    """The option for the name of the Flux Bucket."""
    parser.add_argument(
        "--source", default=DEFAULT_SOURCE, metavar="NAME", help="the Flux Bucket that reads it (default: %(default)s)"
    )


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """The options that say which cluster, and which objects in it."""
    cluster = parser.add_argument_group("the cluster")
    cluster.add_argument("--kubeconfig", type=Path, metavar="FILE", help="default: KUBECONFIG, else ~/.kube/config")
    cluster.add_argument("--namespace", default="flux-system", help="of the Flux objects (default: %(default)s)")
    cluster.add_argument(
        "--kustomization",
        default="demo-kustomization",
        metavar="NAME",
        help="the Flux Kustomization that applies it (default: %(default)s)",
    )


def add_allow_prune(parser: argparse.ArgumentParser) -> None:
    """The way past the prune guard."""
    parser.add_argument(
        "--allow-prune", action="store_true", help="even if it removes much, or Namespaces, volumes or CRDs"
    )


def add_wait(parser: argparse.ArgumentParser) -> None:
    """--wait, and what it needs, for the commands that switch."""
    parser.add_argument("--wait", action="store_true", help="return when the cluster runs it, or says why not")
    add_timeout(parser)
    add_source(parser)
    add_cluster(parser)


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """How long to wait for Flux."""
    parser.add_argument(
        "--timeout", type=duration, default="5m", metavar="TIME", help="how long to wait (default: %(default)s)"
    )


def target_of(options: argparse.Namespace) -> Target:
    """The bucket that is meant. Raises UsageError."""
    return choose_target(bucket=options.bucket, region=options.region, endpoint=options.endpoint, prefix=options.prefix)


def cluster_to_wait_for(options: argparse.Namespace) -> "Cluster | None":
    """With --wait the cluster, known to answer and to have both objects: asked before anything is published."""
    if not options.wait:
        return None
    cluster = cluster_of(options)
    cluster.bucket()
    cluster.kustomization()
    return cluster


def cluster_of(options: argparse.Namespace) -> "Cluster":
    """The cluster that is meant. Raises ClusterFailed if none is configured."""
    from upload.cluster import Cluster, FluxNames

    names = FluxNames(namespace=options.namespace, source=options.source, kustomization=options.kustomization)
    return Cluster(names, kubeconfig=options.kubeconfig)


def duration(text: str) -> float:
    """Seconds from "90s", "5m" or "1h30m"."""
    parts = re.findall(r"(\d+)([smh])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise argparse.ArgumentTypeError(f"expected a time such as 90s, 5m or 1h30m, got {text!r}")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def positive(text: str) -> int:
    """A number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


def show(options: argparse.Namespace, facts: Mapping[str, Any] | list[Any], lines: list[str]) -> None:
    """The result, on stdout: as data with --json, else as text."""
    print(json.dumps(facts, indent=2, ensure_ascii=False) if options.json else "\n".join(lines), flush=True)


def finish(options: argparse.Namespace, done: "Published", cluster: "Cluster | None", *, started: float) -> None:
    """Wait for what was switched, if that was asked for, and print the closing line."""
    if cluster:
        from upload.wait import wait_for

        wait_for(cluster, revision=done.revision, release=done.release, timeout_s=options.timeout, say=say)
    report_published(options, done, started=started, applied=bool(cluster))


def report_published(options: argparse.Namespace, done: "Published", *, started: float, applied: bool) -> None:
    """The closing line of what switched the pointer, or its facts; `started` by time.monotonic()."""
    from upload import report

    line = report.published_line(done, seconds=time.monotonic() - started, applied=applied)
    show(options, done._asdict() | ({"applied": True} if applied else {}), [line])


def say(text: str) -> None:
    """A step on the way, on stderr."""
    print(text, file=sys.stderr, flush=True)
