"""Publish on every save, until Ctrl-C."""

import sys
from collections.abc import Callable
from pathlib import Path

from upload.errors import SourceRefused, UploadError
from upload.walk import NEVER_SENT


def watch(directory: Path, publish: Callable[[], None]) -> int:
    """Call `publish` now and after each burst of changes below `directory`; a failure is shown and it goes on.

    Saves within 0.3 s count as one: editors write several files.
    """
    from watchfiles import DefaultFilter
    from watchfiles import watch as changes_of

    if not directory.is_dir():
        raise SourceRefused(f"the source {directory} is not a directory: name the directory that holds the manifests")
    ignored = DefaultFilter(ignore_entity_patterns=[r"^\.", r"~$", r"\.sw.$"], ignore_dirs=[*NEVER_SENT])
    _once(publish)
    for _ in changes_of(directory, watch_filter=ignored, debounce=300, step=50, raise_interrupt=False):
        _once(publish)
    return 0


def _once(publish: Callable[[], None]) -> None:
    try:
        publish()
    except UploadError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
