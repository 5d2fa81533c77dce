"""pytest fixtures for the real programs; conftest.py takes them in with `pytest_plugins`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.civo.server import Civo, running_civo
from tests.real.cluster import Cluster, foreign_cluster, running_cluster
from tests.real.flux import Flux, running_flux
from tests.real.s3 import S3Server, running_s3_server


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Kubernetes cluster; with BUCKETOPS_KUBECONFIG the one it names, which must be for nothing else."""
    folder = tmp_path_factory.mktemp("cluster")
    if foreign := os.environ.get("BUCKETOPS_KUBECONFIG"):
        yield foreign_cluster(Path(foreign), folder)
    else:
        with running_cluster(folder) as started:
            yield started


@pytest.fixture(scope="session")
def flux(cluster: Cluster) -> Iterator[Flux]:
    """Flux at work in `cluster`, on this machine: it reaches S3 servers and charts on loopback."""
    with running_flux(cluster) as started:
        yield started


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3_server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def civo() -> Iterator[Civo]:
    """The Civo API with an empty account: `civo.env` sends the real provider there."""
    with running_civo() as emulator:
        yield emulator
