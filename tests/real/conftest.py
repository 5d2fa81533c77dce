"""Makes the fixtures known when pytest starts in this folder; tests/conftest.py does it for all of tests/."""

import sys
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # `pytest` without `python -m` does not put the project's root on the path.
    if (root := str(Path(__file__).parents[2])) not in sys.path:
        sys.path.insert(0, root)
    config.pluginmanager.import_plugin("tests.real.fixtures")  # once, even if others named it before
