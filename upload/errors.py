"""What can go wrong while publishing, one class for each thing a caller can do about it."""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from upload.record import Record


class UploadError(Exception):
    """Printed as one line without a traceback; any other exception is a bug and keeps its own.

    The message says what happened, the value, and what to do: lower case, no full stop, and never a
    credential.
    """

    exit_code: ClassVar[int]


class UsageError(UploadError):
    """The command line or a setting is wrong; nothing was asked of the store."""

    exit_code = 2


class SourceRefused(UploadError):
    """The tree cannot be published as it is; nothing was sent."""

    exit_code = 4


class ReleaseNotFound(UploadError):
    """No release of that id, or several that begin so."""

    exit_code = 2


class PointerMoved(UploadError):
    """Somebody published between our look and our switch; the site runs their release, nothing of ours is live."""

    exit_code = 5

    def __init__(self, *, ours: str, theirs: str | None, record: "Record | None") -> None:
        who = f"{record.author} at {record.time}" if record else "somebody"
        what = f"release {theirs}" if theirs else "nothing, the pointer is gone"
        super().__init__(f"{who} published {what} while {ours} was uploaded: look at `history`, then publish again")


class StoreFailed(UploadError):
    """The bucket could not be asked, or refused: network, credentials, permissions, no such bucket."""

    exit_code = 7


class ClusterFailed(UploadError):
    """The cluster could not be asked: no kubeconfig, network, permissions, or Flux is not there."""

    exit_code = 7


class Rejected(UploadError):
    """Flux could not fetch, build or apply the release, or it is not healthy; the message is Flux's own."""

    exit_code = 6


class NotInSync(UploadError):
    """The cluster does not run what is live, and nothing has failed so far."""

    exit_code = 3


class Superseded(UploadError):
    """Somebody published while we waited for ours."""

    exit_code = 5


class Interrupted(UploadError):
    """Ctrl-C; the message says what is live."""

    exit_code = 130
