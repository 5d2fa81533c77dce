"""Publish on every save, until Ctrl-C."""

import sys
from collections.abc import Callable
from pathlib import Path

from upload.errors import Interrupted, SourceRefused, UploadError
from upload.source import Tree

_SETTLE_MS = 300  # saves within this time count as one: editors write several files

_NEVER_SENT = (".git", ".terraform", ".idea", ".vscode")  # folders that change and are none of ours


def watch(directory: Path, read: Callable[[], Tree], publish: Callable[[Tree], None]) -> int:
    """Publish now, and again after each burst of changes that makes it another release.

    A failure is shown, and it goes on.
    """
    from watchfiles import DefaultFilter
    from watchfiles import watch as changes_of

    if not directory.is_dir():
        raise SourceRefused(f"the source {directory} is not a directory: name the directory that holds the manifests")
    ignored = DefaultFilter(ignore_entity_patterns=[r"^\.", r"~$", r"\.sw.$"], ignore_dirs=_NEVER_SENT)
    published: str | None = None
    # It begins to watch with its first step, and yields when nothing happens too: so what is saved during the
    # first publish is not missed.
    steps = changes_of(
        directory,
        watch_filter=ignored,
        debounce=_SETTLE_MS,
        step=50,
        rust_timeout=_SETTLE_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    try:
        step = next(steps, None)
        while step is not None:
            try:
                tree = read()
                if tree.release.id != published:
                    publish(tree)
                    published = tree.release.id
            except Interrupted:
                raise
            except UploadError as error:
                print(f"error: {error}", file=sys.stderr, flush=True)
            step = next((changes for changes in steps if changes), None)
    except KeyboardInterrupt:  # between two publishes; one under way raises Interrupted
        pass
    return 0
