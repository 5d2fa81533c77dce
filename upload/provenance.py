"""Who publishes, and from which commit: what a record says beside the files."""

import getpass
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from upload.record import About

_ACTOR = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_AUTHOR")
_COMMIT = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT")


def about(directory: Path | None, *, message: str | None, environment: Mapping[str, str] = os.environ) -> About:
    """Ask CI's variables first, else the system and git. No commit: a tree outside of git, and without `directory`."""
    actor = next(filter(None, map(environment.get, _ACTOR)), None)
    commit = None
    if directory is not None:
        commit = next(filter(None, map(environment.get, _COMMIT)), None) or _git_commit(directory)
    return About(author=actor or _user(), host=socket.gethostname(), commit=commit, message=message)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a user without a name
        return f"uid {os.getuid()}"


def _git_commit(directory: Path) -> str | None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(directory), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        return f"{commit}-dirty" if git("status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return None
