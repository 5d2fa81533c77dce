"""The command line: picks the command, and turns what goes wrong into one line and an exit code."""

import argparse
import sys
from collections.abc import Callable, Sequence

from upload.commands import diff, doctor, history, promote, publish, rollback, status, wait
from upload.errors import Interrupted, UploadError
from upload.options import EXIT_CODES

_COMMANDS = {
    "publish": publish,
    "status": status,
    "diff": diff,
    "history": history,
    "rollback": rollback,
    "wait": wait,
    "promote": promote,
    "doctor": doctor,
}


def main(arguments: Sequence[str]) -> int:
    """Run one command and answer its exit code. Expected failures are lines on stderr that begin with "error:"."""
    try:
        options = _parser().parse_args(_with_command(arguments))
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
    """`publish` is what is meant where no command is named."""
    named = bool(arguments) and arguments[0] in (*_COMMANDS, "-h", "--help")
    return list(arguments) if named else ["publish", *arguments]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m upload",
        description="Publish manifests to the bucket that Flux reads. Without a command: publish.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in _COMMANDS.values():
        command.add(commands)
    return parser
