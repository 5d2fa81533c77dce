"""`history`: list past publishes."""

import argparse

from upload.options import Parsers, add_command, positive, show, target_of

EXAMPLES = """\
  python -m upload history                    the last 20, newest first
  python -m upload history -n 3 --json
"""


def add(commands: Parsers) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "history",
        help="list past publishes",
        description="List past publishes and rollbacks, newest first; the live one is marked with *.",
        examples=EXAMPLES,
    )
    parser.add_argument("-n", "--limit", type=positive, default=20, help="how many (default: %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the records."""
    target = target_of(options)
    from upload import report
    from upload.history import live_release, read_history
    from upload.s3 import Bucket

    bucket = Bucket(target)
    records, live = read_history(bucket, limit=options.limit), live_release(bucket)
    show(options, report.history_facts(records, live), report.history_lines(records, live, target))
    return 0
