"""The revision Flux will report for what a bucket holds. Pure."""

import hashlib
import re
from collections.abc import Mapping

_REVISION = re.compile(r"sha256:[0-9a-f]{64}")


def revision(etags: Mapping[str, str]) -> str:
    """Predict `status.artifact.revision` of a Bucket: "sha256:" and 64 hex digits.

    `etags` maps full keys below the Bucket's prefix to their ETags without quotes, as LIST gives them.
    Source: fluxcd/source-controller internal/index/digest.go; keys that end in "/" are skipped there.
    """
    keys = sorted((key for key in etags if not key.endswith("/")), key=str.encode)
    listing = "".join(f"{key} {etags[key]}\n" for key in keys)
    return f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"


def shorten(text: str) -> str:
    """A message of Flux on one line, with its revisions as `short` shows them."""
    return _REVISION.sub(lambda found: short(found[0]), " ".join(text.split()))


def short(revision: str) -> str:
    """As the flux command shows it: `sha256:` and 8 hex digits."""
    return revision[: len("sha256:") + 8]
