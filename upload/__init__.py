"""The publisher: every publish is one atomic switch of an S3 bucket to an immutable release. `python -m upload`.

From Python: `publish(Path("deploy"), Target(bucket=..., region=...))`, and to read or go back the functions of
upload.history, upload.live and upload.restore on a `Bucket(target)`. Expected failures are UploadErrors.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upload.errors import UploadError
    from upload.history import read_history
    from upload.library import publish
    from upload.live import Live, look_at_live
    from upload.plan import Published
    from upload.record import Record
    from upload.restore import promote, rollback
    from upload.s3 import Bucket
    from upload.target import Target

__all__ = [
    "Bucket",
    "Live",
    "Published",
    "Record",
    "Target",
    "UploadError",
    "look_at_live",
    "promote",
    "publish",
    "read_history",
    "rollback",
]

_MODULES = {
    "Bucket": "s3",
    "Live": "live",
    "Published": "plan",
    "Record": "record",
    "Target": "target",
    "UploadError": "errors",
    "look_at_live": "live",
    "promote": "restore",
    "publish": "library",
    "read_history": "history",
    "rollback": "restore",
}


def __getattr__(name: str) -> object:
    # When first used (PEP 562): the constructs take the id of a release from here, and need no store for it.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
