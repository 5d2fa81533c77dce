"""Make an earlier release live again. It is a publish like any other, from the bucket instead of a directory."""

from upload.errors import ReleaseNotFound
from upload.history import last_record
from upload.look import look
from upload.plan import Published
from upload.provenance import about
from upload.publishing import carry_out
from upload.record import Action
from upload.s3 import Bucket
from upload.source import DEFAULT_SOURCE
from upload.stored import read_stored


def rollback(
    bucket: Bucket, id: str, *, source: str = DEFAULT_SOURCE, message: str | None = None, action: Action = "rollback"
) -> Published:
    """Switch to release `id`; one write if it is still under live/. Raises what read_stored and publish raise."""
    stored = read_stored(bucket, id, source=source)
    plan = look(bucket, stored.release)
    return carry_out(bucket, plan, stored.read, about=lambda: about(None, message=message), action=action)


def promote(origin: Bucket, id: str, to: Bucket, *, source: str = DEFAULT_SOURCE, message: str | None) -> Published:
    """Make a release of one bucket or prefix, byte for byte, live in another."""
    stored = read_stored(origin, id, source=source, prefix=to.target.prefix)
    text = message or f"promoted from {origin.target.url}"
    plan = look(to, stored.release)
    return carry_out(to, plan, stored.read, about=lambda: about(None, message=text), action="promote")


def release_before(bucket: Bucket, live: str) -> str:
    """What `live` replaced when it was published: so a second rollback goes one further back, not forth again.

    Raises ReleaseNotFound if nothing was there before, or no record tells.
    """
    record = last_record(bucket, live, but="rollback") or last_record(bucket, live)
    if record is None or record.previous is None:
        raise ReleaseNotFound(f"nothing was live before {live}, as far as history tells: name a release of `history`")
    return record.previous
