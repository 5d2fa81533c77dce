"""What can go wrong while publishing, one class for each thing a caller can do about it."""

from typing import ClassVar


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


class PointerMoved(UploadError):
    """Somebody published between our look and our switch; the site runs their release."""

    exit_code = 5


class StoreFailed(UploadError):
    """The bucket could not be asked, or refused: network, credentials, permissions, no such bucket."""

    exit_code = 7
