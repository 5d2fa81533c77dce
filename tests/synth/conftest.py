"""One kernel for all synth tests; tests/conftest.py has made it load lazily."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bucketops.settings import Settings
from cdktf import TerraformStack
from synthesis import Json, load, synthesize

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")


@pytest.fixture
def synth(tmp_path: Path) -> Callable[[Callable[[TerraformStack], object]], Json]:
    """Synthesizes a stranger's stack around what the test adds to it."""

    def one_stack(add: Callable[[TerraformStack], object]) -> Json:
        return synthesize(tmp_path / "out", lambda app: add(TerraformStack(app, "stranger")))["stranger"]

    return one_stack


@pytest.fixture(scope="session")
def main() -> Any:
    return load("main.py")


@pytest.fixture(scope="session")
def stacks(main: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The four stacks of main.py with the least settings."""
    settings = Settings(bucket="sock-shop-manifests")
    return synthesize(tmp_path_factory.mktemp("main") / "out", lambda app: main.build(app, settings))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory that can be published."""
    directory = tmp_path / "tree"
    directory.mkdir()
    (directory / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n")
    return directory


@pytest.fixture
def only() -> Callable[..., Json]:
    """The one resource of a type, and its name in the JSON if there are more of it."""

    def find(stack: Json, kind: str, name: str = "") -> Json:
        found = [body for key, body in stack["resource"][kind].items() if name in key]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    return find
