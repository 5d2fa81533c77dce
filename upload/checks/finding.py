"""What a check found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One problem; sorts by path and line. Prints as `cart.yaml:12: what is wrong: what to do (check)`."""

    path: str  # below the source directory
    line: int | None  # from 1; None where the whole file is meant
    check: str
    message: str

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where}: {self.message} ({self.check})"
