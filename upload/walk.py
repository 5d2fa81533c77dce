"""Which files below a directory are published: ignore rules, links, and what cannot be published at all."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from upload.errors import SourceRefused

IGNORE_FILE = ".uploadignore"

# A Bucket source has no exclusions of its own, contrary to Flux's documentation (source-controller
# internal/controller/bucket_controller.go, NewMatcher), so what must never be in a cluster is left out here.
_NEVER_SENT = re.compile(
    r"\.(git|gitignore|gitattributes|gitkeep|terraform|sops\.yaml|DS_Store|idea|vscode|uploadignore|#.*)"
    r"|.*(~|\.tfstate(\..*)?|\.sw[op])|#.*#",
    re.DOTALL,
)


def walk(root: Path, problems: list[str]) -> Iterator[str]:
    """The paths of all files to publish, "/"-separated, in no order; what keeps one out is added to `problems`.

    Links are followed as long as they stay inside of `root`: what they lead to is published in their place.
    """
    real_root = os.path.realpath(root)
    ignored = _ignored(root)

    def visit(folder: str, above: tuple[str, ...]) -> Iterator[str]:
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path = f"{folder}{entry.name}"
                if _NEVER_SENT.fullmatch(entry.name):
                    continue
                if ignored(f"{path}/" if entry.is_dir() else path):
                    continue
                if entry.is_symlink() and (problem := _link_problem(entry.path, real_root)):
                    problems.append(f"{root / path} is a link {problem}")
                elif entry.is_file():
                    yield path
                elif not entry.is_dir():
                    problems.append(f"{root / path} is neither a file nor a folder: name it in {IGNORE_FILE}")
                elif (real := os.path.realpath(entry.path)) in above:
                    problems.append(f"{root / path} is a link to a folder that contains it: remove the link")
                else:
                    yield from visit(f"{path}/", (*above, real))

    try:
        yield from visit("", (real_root,))
    except OSError as error:
        raise SourceRefused(f"{error.filename} cannot be read: {error.strerror}") from error


def _link_problem(path: str, real_root: str) -> str | None:
    target = os.path.realpath(path)
    if not os.path.exists(target):
        return f"to {os.readlink(path)}, which does not exist: remove it"
    if os.path.commonpath([real_root, target]) != real_root:
        return f"to {os.readlink(path)}, outside of the source: copy the file, or name the link in {IGNORE_FILE}"
    return None


def _ignored(root: Path) -> Callable[[str], bool]:
    """What .uploadignore says of a path; folders end in "/"."""
    path = root / IGNORE_FILE
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return lambda path: False
    except (OSError, UnicodeDecodeError) as error:
        raise SourceRefused(f"{path} cannot be read: {error}") from error
    from pathspec import GitIgnoreSpec  # here, because most trees have no such file

    try:
        return GitIgnoreSpec.from_lines(lines).match_file
    except ValueError as error:
        raise SourceRefused(f"{path} has a pattern that git would not take: {error}") from error
