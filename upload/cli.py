"""The command line: arguments, what is printed, and the exit code. Data goes to stdout, all else to stderr."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from upload.errors import Interrupted, SourceRefused, UploadError
from upload.source import DEFAULT_SOURCE, read_tree
from upload.target import Target, choose_target

_EXIT_CODES = """\
exit codes:
  0  done
  2  wrong usage or settings
  4  refused by a check, nothing was changed
  5  somebody else published in between
  7  the store could not be reached, or refused
"""
_PUBLISH_EXAMPLES = """\
examples:
  python -m upload                          publish deploy/ to the bucket of cdktf.json
  python -m upload publish site -m "v2"     publish another directory, with a message for history
  python -m upload --dry-run                show what would be done
  python -m upload --expect 3f9a1c0b7d21    only if the directory still is this release
"""
_HISTORY_EXAMPLES = """\
examples:
  python -m upload history             the last 20 publishes, newest first
  python -m upload history -n 3 --json
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command and answer its exit code. Every expected failure is one line on stderr."""
    try:
        options = _parser().parse_args(_with_command(arguments))
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except UploadError as error:
        lines = str(error).splitlines()
        print("\n".join(f"error: {line}" for line in lines), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: stopped, nothing was changed", file=sys.stderr)
        return Interrupted.exit_code
    except BrokenPipeError:  # `history | head`
        sys.stderr.close()
        return 0


def _with_command(arguments: Sequence[str]) -> list[str]:
    """`publish` is what is meant where no command is named."""
    named = bool(arguments) and arguments[0] in ("publish", "history", "-h", "--help")
    return list(arguments) if named else ["publish", *arguments]


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--bucket", help="default: BUCKETOPS_BUCKET, else cdktf.json")
    common.add_argument("--region", help="AWS region; default: BUCKETOPS_REGION, else cdktf.json, else AWS_REGION")
    common.add_argument("--endpoint", metavar="URL", help="an S3 server other than AWS; default: AWS_ENDPOINT_URL")
    common.add_argument("--json", action="store_true", help="print the result as JSON")

    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m upload",
        description="Publish manifests to the bucket that Flux reads. Without a command: publish.",
        epilog=_EXIT_CODES,
        formatter_class=raw,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    publish = commands.add_parser(
        "publish",
        parents=[common],
        help="make a directory the live release",
        description="Make a directory the live release, in one atomic switch. Unchanged: nothing is written.",
        epilog=_PUBLISH_EXAMPLES + "\n" + _EXIT_CODES,
        formatter_class=raw,
    )
    publish.add_argument("directory", nargs="?", type=Path, default=Path("deploy"), help="default: deploy")
    publish.add_argument("-m", "--message", help="what the release is for, kept in history")
    publish.add_argument("--dry-run", action="store_true", help="show what would be done, and write nothing")
    publish.add_argument("--expect", metavar="ID", help="refuse unless the directory is this release")
    publish.add_argument(
        "--source",
        default=DEFAULT_SOURCE,
        metavar="NAME",
        help="the Flux Bucket that reads the bucket, for Flux Kustomizations in the tree (default: %(default)s)",
    )
    publish.set_defaults(run=_publish)

    history = commands.add_parser(
        "history",
        parents=[common],
        help="list past publishes",
        description="List past publishes, newest first; the live release is marked with *.",
        epilog=_HISTORY_EXAMPLES + "\n" + _EXIT_CODES,
        formatter_class=raw,
    )
    history.add_argument("-n", "--limit", type=_positive, default=20, help="how many (default: %(default)s)")
    history.set_defaults(run=_history)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


def _publish(options: argparse.Namespace) -> int:
    started = time.monotonic()
    target = _target(options)
    tree = read_tree(options.directory, source=options.source)
    if options.expect and options.expect != tree.release.id:
        raise SourceRefused(
            f"{options.directory} is release {tree.release.id}, expected {options.expect}: "
            "it changed since, for a deploy run `cdktf deploy` again"
        )
    # Here, so that --help and a refused tree do not wait for the store's library.
    from upload import report
    from upload.look import look
    from upload.progress import progress_bar
    from upload.provenance import about
    from upload.publish import publish
    from upload.s3 import Bucket

    bucket = Bucket(target)
    plan = look(bucket, tree.release)
    if options.dry_run:
        _print(options, report.plan_facts(plan), report.plan_lines(plan, target))
        return 0
    with progress_bar(f"uploading to {target.bucket}") as progress:
        done = publish(
            bucket,
            plan,
            tree.read,
            about=lambda: about(options.directory, message=options.message),
            progress=progress,
        )
    for line in report.warnings(done):
        print(line, file=sys.stderr)
    _print(options, asdict(done), [report.published_line(done, seconds=time.monotonic() - started)])
    return 0


def _history(options: argparse.Namespace) -> int:
    target = _target(options)
    from upload import report
    from upload.history import live_release, read_history
    from upload.s3 import Bucket

    bucket = Bucket(target)
    records = read_history(bucket, limit=options.limit)
    live = live_release(bucket)
    _print(options, report.history_facts(records, live), report.history_lines(records, live, target))
    return 0


def _target(options: argparse.Namespace) -> Target:
    return choose_target(bucket=options.bucket, region=options.region, endpoint=options.endpoint)


def _print(options: argparse.Namespace, facts: Any, lines: list[str]) -> None:
    print(json.dumps(facts, indent=2, ensure_ascii=False) if options.json else "\n".join(lines))
