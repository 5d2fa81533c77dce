"""A fixture for tests that build: import `kustomize` from here."""

import os

import pytest

from upload.build import Kustomize, find_kustomize


@pytest.fixture
def kustomize(monkeypatch: pytest.MonkeyPatch) -> Kustomize:
    """kustomize or kubectl from the PATH, else the one that tests/real pins, put there."""
    if find_kustomize() is None:
        from real.programs import executable

        monkeypatch.setenv("PATH", f"{executable('kustomize').parent}{os.pathsep}{os.environ['PATH']}")
    found = find_kustomize()
    assert found
    return found
