"""The command line: picks the command, and turns what goes wrong into one line and an exit code."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path

from upload.errors import Interrupted, UploadError, UsageError
from upload.options import EXIT_CODES, HelpFormatter

_COMMANDS = ("publish", "status", "diff", "history", "rollback", "wait", "promote", "doctor")


def main(arguments: Sequence[str]) -> int:
    """Run one command and answer its exit code. Expected failures are lines on stderr that begin with "error:"."""
    try:
        completed = _with_command(arguments)
        # Only the one that is meant: each module that is loaded, and each option declared, makes the start longer.
        wanted = completed[:1] if completed[0] in _COMMANDS else _COMMANDS
        options = _parser(wanted).parse_args(completed)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except UploadError as error:
        first, *rest = str(error).splitlines()
        print("\n".join([f"error: {first}", *(f"  {line}" for line in rest)]), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: stopped", file=sys.stderr)
        return Interrupted.exit_code
    except BrokenPipeError:  # `history | head`
        sys.stderr.close()
        return 0


def _with_command(arguments: Sequence[str]) -> list[str]:
    """`publish` is what is meant where no command is named, unless it looks like one that is misspelt."""
    first = arguments[0] if arguments else ""
    if first in (*_COMMANDS, "-h", "--help"):
        return list(arguments)
    if first and not first.startswith("-") and not Path(first).exists():
        import difflib

        close = difflib.get_close_matches(first, _COMMANDS, 1)
        meant = f"did you mean {close[0]}?" if close else f"commands are {', '.join(_COMMANDS)}"
        raise UsageError(f"{first!r} is neither a command nor a directory: {meant}")
    return ["publish", *arguments]


def _parser(names: Iterable[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m upload",
        description="Publish manifests to the bucket that Flux reads. Without a command: publish.",
        epilog=EXIT_CODES,
        formatter_class=HelpFormatter,
    )
    # With `prog`, else argparse makes a formatter to find it, which loads the compressors of shutil.
    commands = parser.add_subparsers(required=True, metavar="command", prog=parser.prog)
    for name in names:
        import_module(f"upload.commands.{name}").add(commands)
    return parser
