"""The programs of tests/real, and a site for each test: a bucket, and the Flux objects that follow it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("publish.test_publish", "publish.test_crash")


def pytest_configure(config: pytest.Config) -> None:
    # `pytest` without `python -m` does not put the project's root on the path.
    if (root := str(Path(__file__).parents[2])) not in sys.path:
        sys.path.insert(0, root)
    config.pluginmanager.import_plugin("tests.real.fixtures")  # once, even if tests/real did it before


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from tests.e2e.needed import not_run

    for line in not_run(terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(f"{line} (docs/operations.md says where they are looked for)")


@pytest.fixture(scope="package", autouse=True)
def environment(s3_server) -> Iterator[None]:
    """The publisher finds the test's S3 server, and nothing of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - {"BUCKETOPS_PROVIDER_MIRROR"}:  # that is for the tests
            if name.startswith(("AWS_", "GITHUB_", "CI_", "KUBECONFIG", "BUCKETOPS_")):
                patch.delenv(name)
        for name, value in {**s3_server.env, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def site(flux, s3_server, tmp_path):
    from tests.e2e.live_site import LiveSite

    with LiveSite(flux, s3_server, tmp_path / "tree") as site:
        yield site
