import math

import pytest

from upload.writing import connections


@pytest.mark.parametrize(
    ("files", "latency_s", "expected"),
    [
        pytest.param(5000, 0.001, 16, id="next door, a few keep the interpreter busy"),
        pytest.param(5000, 0.030, 90, id="the next region"),
        pytest.param(5000, 0.300, 256, id="the other side of the world, bounded"),
        pytest.param(12, 0.300, 12, id="no more than files"),
        pytest.param(5000, math.inf, 256, id="nothing was asked yet"),
    ],
)
def test_as_many_connections_as_hide_the_latency(files: int, latency_s: float, expected: int) -> None:
    assert connections(files, latency_s) == expected
