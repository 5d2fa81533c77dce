"""The control plane and Flux under test: do they answer, apply, and prune as the real ones do?"""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path

import pytest

from tests.real.charts import add_chart, running_chart_repository
from tests.real.cluster import Cluster, foreign_cluster
from tests.real.flux import Flux, FluxAlreadyThere, running_flux
from tests.real.kube import KubeError, Manifest
from tests.real.s3 import S3Server
from tests.real.waiting import wait_until

ROOT = Path(__file__).parents[2]
BUCKET = "source.toolkit.fluxcd.io/v1/Bucket"
KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1/Kustomization"
HELM_REPOSITORY = "source.toolkit.fluxcd.io/v1/HelmRepository"
HELM_RELEASE = "helm.toolkit.fluxcd.io/v2/HelmRelease"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


def manifest(kind: str, name: str, namespace: str = "", **rest: object) -> Manifest:
    version, _, kind = kind.rpartition("/")
    meta = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": meta, **rest}


def ready(found: Manifest | None) -> bool:
    conditions = (found or {}).get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def expected_revision(s3: S3Server, bucket: str) -> str:
    """Flux's formula (facts/flux.md section 6), over what a LIST says."""
    client = s3.client()
    listed = client.list_objects_v2(Bucket=bucket, Prefix="live/")["Contents"]
    client.close()
    lines = sorted(f"{one['Key']} {one['ETag'].strip(chr(34))}\n".encode() for one in listed)
    return f"sha256:{hashlib.sha256(b''.join(lines)).hexdigest()}"


class Site:
    """A bucket that is published by plain PUTs, and the Flux objects that follow it."""

    def __init__(self, flux: Flux, s3: S3Server) -> None:
        self.name = f"site-{uuid.uuid4().hex[:8]}"
        self.kube, self.s3, self.bucket = flux.cluster.kube, s3, s3.create_bucket(self.name)
        self.namespace = flux.namespace
        keys = {"accesskey": s3.access_key, "secretkey": s3.secret_key}
        where = {"provider": "generic", "bucketName": self.bucket, "endpoint": s3.host, "insecure": True}
        read = {"region": s3.region, "prefix": "live/", "interval": "1h", "secretRef": {"name": self.name}}
        source = {"sourceRef": {"kind": "Bucket", "name": self.name}, "path": "./live", "interval": "1h"}
        then = {"prune": True, "wait": True, "timeout": "1m", "deletionPolicy": "WaitForTermination"}
        self.objects = [
            manifest("v1/Secret", self.name, self.namespace, stringData=keys),
            manifest(BUCKET, self.name, self.namespace, spec=where | read),
            manifest(KUSTOMIZATION, self.name, self.namespace, spec=source | then),
        ]

    def publish(self, **settings: str) -> str:
        """Writes a release of one ConfigMap per setting, then the pointer; returns the revision Flux must see."""
        release = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:12]
        files = {f"{name}.json": self.config_map(name, value) for name, value in settings.items()}
        files["kustomization.yaml"] = {"resources": sorted(files)}
        client = self.s3.client()
        for name, content in files.items():
            client.put_object(Bucket=self.bucket, Key=f"live/{release}/{name}", Body=json.dumps(content))
        pointer = json.dumps({"resources": [release]})
        client.put_object(Bucket=self.bucket, Key="live/kustomization.yaml", Body=pointer)
        client.close()
        return expected_revision(self.s3, self.bucket)

    def config_map(self, name: str, value: str) -> Manifest:
        return manifest("v1/ConfigMap", f"{self.name}-{name}", "default", data={"value": value})

    def value(self, name: str) -> str | None:
        found = self.kube.get("v1/ConfigMap", f"{self.name}-{name}", "default")
        return found and found["data"]["value"]

    def wait_applied(self, revision: str) -> None:
        request = {"metadata": {"annotations": {REQUESTED_AT: uuid.uuid4().hex}}}
        self.kube.patch(BUCKET, self.name, self.namespace, change=request)
        wait_until(lambda: self.status(BUCKET).get("artifact", {}).get("revision") == revision, f"artifact {revision}")
        wait_until(lambda: self.status(KUSTOMIZATION).get("lastAppliedRevision") == revision, f"{revision} applied")

    def status(self, kind: str) -> Manifest:
        return (self.kube.get(kind, self.name, self.namespace) or {}).get("status", {})

    def remove(self) -> None:
        for kind in (KUSTOMIZATION, BUCKET, "v1/Secret"):
            self.kube.delete(kind, self.name, self.namespace)
            wait_until(lambda kind=kind: self.kube.get(kind, self.name, self.namespace) is None, f"{kind} to be gone")


@pytest.fixture
def own_cluster(cluster: Cluster) -> Cluster:
    """For what a cluster named by BUCKETOPS_KUBECONFIG need not do: run without images, log in like Civo."""
    if not cluster.processes:
        pytest.skip("holds for the cluster built here only")
    return cluster


@pytest.fixture
def site(flux: Flux, s3_server: S3Server):
    site = Site(flux, s3_server)
    yield site
    site.remove()


def test_the_cluster_answers_with_a_released_version(cluster: Cluster):
    version = cluster.kube.request("GET", "/version")
    assert int(version["minor"].rstrip("+")) >= 33, "older than Flux 2.8 supports"
    assert "0.0.0" not in version["gitVersion"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_every_program_listens_on_loopback_only(cluster: Cluster, flux: Flux, s3_server: S3Server):
    processes = [*cluster.processes.values(), *flux.processes.values(), s3_server.process]
    listening = {process.name: listening_addresses(process.pid) for process in processes}
    assert all(listening.values()), "each of them listens"
    assert set().union(*listening.values()) == {"127.0.0.1"}


def listening_addresses(pid: int) -> set[str]:
    """From /proc, where an IPv4 address is written as a little-endian number and state 0A means LISTEN."""
    sockets = {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and f"socket:[{rest[5]}]" in sockets:
                words = bytes.fromhex(local.partition(":")[0])
                address = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                found.add(socket.inet_ntop(family, address))
    return found


def test_a_deployment_becomes_ready(own_cluster: Cluster):
    kube = own_cluster.kube
    labels = {"app": "shop"}
    container = {"name": "shop", "image": "example.test/shop:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    kube.apply(manifest("v1/Namespace", "shop"), manifest("apps/v1/Deployment", "shop", "shop", spec=spec))
    what = "two ready replicas"
    wait_until(lambda: kube.get("apps/v1/Deployment", "shop", "shop")["status"].get("readyReplicas") == 2, what)
    kube.delete("v1/Namespace", "shop")
    wait_until(lambda: kube.get("v1/Namespace", "shop") is None, "the namespace and all in it to be gone")


def test_a_refusal_carries_status_and_message(cluster: Cluster):
    with pytest.raises(KubeError, match=r"invalid: metadata\.name") as refusal:
        cluster.kube.apply(manifest("v1/ConfigMap", "No_Such_Name", "default"))
    assert refusal.value.status == 422


def test_the_kubeconfig_has_the_shape_of_civos(own_cluster: Cluster):
    for part in ("certificate-authority-data:", "client-certificate-data:", "client-key-data:"):
        assert part in own_cluster.kubeconfig_text


def test_flux_applies_what_the_pointer_names_and_reports_the_predicted_revision(site: Site):
    revision = site.publish(colour="red", size="small")
    site.kube.apply(*site.objects)
    site.wait_applied(revision)
    assert (site.value("colour"), site.value("size")) == ("red", "small")
    assert ready(site.kube.get(KUSTOMIZATION, site.name, site.namespace))


def test_flux_follows_the_pointer_to_the_next_release_and_prunes_what_it_lacks(site: Site):
    site.kube.apply(*site.objects)
    site.wait_applied(site.publish(colour="red", size="small"))
    second = site.publish(colour="blue")
    site.wait_applied(second)
    assert (site.value("colour"), site.value("size")) == ("blue", None)


def test_deleting_the_kustomization_takes_its_objects_away_first(site: Site):
    site.kube.apply(*site.objects)
    site.wait_applied(site.publish(colour="red"))
    site.remove()
    assert site.value("colour") is None


def test_flux_keeps_every_artifact_for_the_tests_to_look_at(site: Site, flux: Flux):
    for colour in ("red", "green", "blue"):
        revision = site.publish(colour=colour)
        site.kube.apply(*site.objects)  # after the first release, else the empty bucket is an artifact too
        site.wait_applied(revision)
    artifacts = flux.artifacts(site.name)
    assert len(artifacts) == 3
    with tarfile.open(artifacts[-1]) as last:
        settings = [member for member in last.getnames() if member.endswith("colour.json")]
        assert len(settings) == 3, "the releases before it are still in the bucket"


def test_helm_installs_a_chart_from_loopback_and_takes_it_away_again(flux: Flux, tmp_path: Path):
    kube, namespace, name = flux.cluster.kube, flux.namespace, f"chart-{uuid.uuid4().hex[:8]}"
    template = manifest("v1/ConfigMap", name, "default", data={"value": "{{ .Values.colour }}"})
    add_chart(tmp_path, "shop", {"config.yaml": json.dumps(template)})
    with running_chart_repository(tmp_path) as url:
        source = {"kind": "HelmRepository", "name": name}
        chart = {"spec": {"chart": "shop", "version": "1.0.0", "sourceRef": source}}
        release = {"interval": "1h", "chart": chart, "values": {"colour": "red"}}
        kube.apply(
            manifest(HELM_REPOSITORY, name, namespace, spec={"url": url, "interval": "1h"}),
            manifest(HELM_RELEASE, name, namespace, spec=release),
        )
        wait_until(lambda: ready(kube.get(HELM_RELEASE, name, namespace)), "the release to be ready")
        installed = kube.get("v1/ConfigMap", name, "default")
        assert installed is not None
        assert installed["data"]["value"] == "red"
        for kind in (HELM_RELEASE, HELM_REPOSITORY):
            kube.delete(kind, name, namespace)
            wait_until(lambda kind=kind: kube.get(kind, name, namespace) is None, f"{kind} to be gone")
    assert kube.get("v1/ConfigMap", name, "default") is None


def test_flux_refuses_a_wrong_secret_key(site: Site):
    revision = site.publish(colour="red")
    site.objects[0]["stringData"]["secretkey"] = "wrong"
    site.kube.apply(*site.objects)
    failed = wait_until(
        lambda: [one for one in site.status(BUCKET).get("conditions", []) if one["type"] == "FetchFailed"],
        "the fetch to fail",
    )
    assert failed[0]["status"] == "True"
    assert site.status(BUCKET).get("artifact", {}).get("revision") != revision


def test_a_cluster_with_flux_of_its_own_is_refused(cluster: Cluster, flux: Flux):
    labels = {"app": "source-controller"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "example.test/c"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    cluster.kube.apply(manifest("apps/v1/Deployment", "source-controller", flux.namespace, spec=spec))
    try:
        with pytest.raises(FluxAlreadyThere, match="use a cluster without Flux"), running_flux(cluster):
            pass
    finally:
        cluster.kube.delete("apps/v1/Deployment", "source-controller", flux.namespace)


def test_another_cluster_is_reached_by_its_kubeconfig(cluster: Cluster, tmp_path: Path):
    other = foreign_cluster(cluster.kubeconfig, tmp_path)
    assert other.kube.list("v1/Namespace")
    assert other.processes == {}


# A whole test run in miniature, to be killed.
TEST_RUN = """
import sys, tempfile
from contextlib import ExitStack
from pathlib import Path
from tests.real.charts import add_chart, running_chart_repository
from tests.real.cluster import running_cluster
from tests.real.flux import running_flux
from tests.real.s3 import running_s3_server

folder = Path(sys.argv[1])
with ExitStack() as stack:
    s3 = stack.enter_context(running_s3_server(folder))
    cluster = stack.enter_context(running_cluster(folder))
    flux = stack.enter_context(running_flux(cluster))
    processes = [s3.process, *cluster.processes.values(), *flux.processes.values()]
    print(*(process.pid for process in processes), flush=True)
    print(flux.storage, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["normally", "by SIGKILL"])
def test_no_program_outlives_the_test_run(tmp_path: Path, end: str):
    command = [sys.executable, "-c", TEST_RUN, str(tmp_path)]
    # Its own temporary folder shows what it leaves there.
    (temporary := tmp_path / "tmp").mkdir()
    env = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        programs = [int(pid) for pid in run.stdout.readline().split()]
        storage = Path(run.stdout.readline().decode().strip())
        assert len(programs) == 9
        assert all(Path(f"/proc/{pid}").exists() for pid in programs)
        if end == "by SIGKILL":
            run.send_signal(signal.SIGKILL)
        run.stdin.close()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in programs), "all programs to end")
    assert run.returncode == (-signal.SIGKILL if end == "by SIGKILL" else 0)
    wait_until(lambda: not storage.exists(), "the artifacts to be removed")
    wait_until(lambda: not list(temporary.iterdir()), "the temporary folder to be empty")
