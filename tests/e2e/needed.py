"""What not every machine has: a test that lacks it is skipped, and the end of the run says so once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from tests.real.charts import ChartMissing
from tests.real.terraform import ProviderMissing

NOT_RUN = "not run: "


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Skips the test that shows `what` when a provider or chart cannot be had; every other error is one."""
    try:
        yield
    except (ProviderMissing, ChartMissing) as error:
        pytest.skip(f"{NOT_RUN}{what}, without {error}")


def not_run(reports: Iterable[pytest.TestReport]) -> list[str]:
    """One line for each `what` among skipped tests."""
    reasons = (str(report.longrepr[2]) for report in reports if isinstance(report.longrepr, tuple))
    return sorted({reason[reason.index(NOT_RUN) :] for reason in reasons if NOT_RUN in reason})
