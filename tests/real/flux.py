"""The Flux controllers as plain processes against a cluster: source, kustomize and helm."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.real import programs
from tests.real.cluster import Cluster
from tests.real.kube import Manifest
from tests.real.ports import free_port
from tests.real.process import Process, answers
from tests.real.scratch import scratch
from tests.real.waiting import wait_until

NAMESPACE = "flux-system"
CONTROLLERS = ("source-controller", "kustomize-controller", "helm-controller")
# As FluxInstall starts it: a release that never gets healthy must not hold back the one that mends it.
KUSTOMIZE: dict[str, str | Path] = {"feature-gates": "CancelHealthCheckOnNewRevision=true"}


class FluxAlreadyThere(Exception):
    """The cluster runs Flux of its own; two sets of controllers would undo each other's work."""


@dataclass(frozen=True)
class Flux:
    cluster: Cluster
    storage: Path  # what source-controller serves
    processes: dict[str, Process]  # by controller; stop one to see what the others do
    namespace: str = NAMESPACE

    def artifacts(self, bucket: str) -> list[Path]:
        """Every artifact Flux ever stored for a Bucket, oldest first: tar.gz files."""
        folder = self.storage / "bucket" / self.namespace / bucket
        # latest.tar.gz is a link to one of the others.
        stored = (path for path in folder.glob("*.tar.gz") if not path.is_symlink())
        return sorted(stored, key=lambda path: path.stat().st_mtime_ns)


@contextmanager
def running_flux(cluster: Cluster) -> Iterator[Flux]:
    """Installs the CRDs, which stay, and runs the controllers until the block ends."""
    for controller in CONTROLLERS:
        if cluster.kube.get("apps/v1/Deployment", controller, NAMESPACE):
            raise FluxAlreadyThere(f"{NAMESPACE} already holds a Deployment {controller}; use a cluster without Flux")
    cluster.kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    _install_crds(cluster)
    with running_controllers(cluster) as flux:
        yield flux


@contextmanager
def running_controllers(cluster: Cluster) -> Iterator[Flux]:
    """The controllers alone, for a cluster in which something else has installed their CRDs."""
    with ExitStack() as stack:
        state = {name: scratch(name) for name in CONTROLLERS}
        (storage := state["source-controller"] / "artifacts").mkdir()
        health = {}
        for name, flags in _flags(storage).items():
            process = Process(
                name,
                [programs.executable(name), *(f"--{flag}={value}" for flag, value in flags.items())],
                log_dir=cluster.log_dir,
                # TMPDIR: kustomize-controller unpacks artifacts there, and a killed one leaves them behind.
                env={
                    "KUBECONFIG": str(cluster.kubeconfig),
                    "RUNTIME_NAMESPACE": NAMESPACE,
                    "TMPDIR": str(state[name]),
                },
                scratch=state[name],
            )
            health[stack.enter_context(process)] = f"http://{flags['health-addr']}/readyz"
        for process, url in health.items():
            process.wait_healthy(answers(url))
        yield Flux(cluster, storage, {process.name: process for process in health})


def _install_crds(cluster: Cluster) -> None:
    files = [file for name in CONTROLLERS for file in sorted(programs.data(name).glob("*.yaml"))]
    crds: list[Manifest] = [yaml.safe_load(file.read_text()) for file in files]
    cluster.kube.apply(*crds)
    names = [crd["metadata"]["name"] for crd in crds]
    # A controller that starts before its CRDs are served gives up.
    wait_until(lambda: all(_established(cluster, name) for name in names), "the CRDs to be established")


def _established(cluster: Cluster, name: str) -> bool:
    crd = cluster.kube.get("apiextensions.k8s.io/v1/CustomResourceDefinition", name) or {}
    conditions = crd.get("status", {}).get("conditions", [])
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _flags(storage: Path) -> dict[str, dict[str, str | Path]]:
    def common() -> dict[str, str | Path]:
        addresses: dict[str, str | Path] = {
            name: f"127.0.0.1:{free_port()}" for name in ("metrics-addr", "health-addr")
        }
        return {**addresses, "events-addr": "", "watch-all-namespaces": "true"}

    # kustomize-controller downloads artifacts from the advertised address.
    served = f"127.0.0.1:{free_port()}"
    source: dict[str, str | Path] = {
        "storage-path": storage,
        "storage-addr": served,
        "storage-adv-addr": served,
        # Nothing is collected, so that a test can look at every artifact Flux ever stored.
        "artifact-retention-records": "100000",
        "artifact-retention-ttl": "24h",
    }
    return {
        "source-controller": common() | source,
        "kustomize-controller": common() | KUSTOMIZE,
        "helm-controller": common(),
    }
