"""A site of its own on the real controllers, and a publisher as a person runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.cluster import Cluster
from tests.real.s3 import S3Server

NAMESPACE = "flux-system"
SOURCE_KIND = "source.toolkit.fluxcd.io/v1/Bucket"
KUSTOMIZATION_KIND = "kustomize.toolkit.fluxcd.io/v1/Kustomization"


@dataclass(frozen=True, kw_only=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What --json printed."""
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True)
class Site:
    name: str  # of the bucket, the Bucket, the Secret, and the Kubernetes namespace that its objects go to
    tree: Path
    cluster: Cluster
    environment: dict[str, str]

    def upload(self, command: str, *arguments: str, **environment: str) -> Answer:
        """Run `python -m upload` for this site."""
        with self.popen(command, *arguments, **environment) as process:
            out, err = process.communicate(timeout=120)
        return Answer(code=process.returncode, out=out, err=err)

    def popen(self, command: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start `python -m upload` for this site."""
        names = ["--source", self.name, "--kustomization", self.name]
        names = {"history": [], "diff": names[:2]}.get(command, names)
        directory = [str(self.tree)] if command == "publish" else []
        return subprocess.Popen(
            [sys.executable, "-m", "upload", command, *directory, *arguments, *names],
            env=self.environment | environment,
            cwd=self.tree.parent,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, *objects: dict[str, Any]) -> None:
        """Make these objects, in this site's namespace, all that the tree holds."""
        for path in self.tree.glob("*.yaml"):
            path.unlink()
        for one in objects:
            one["metadata"].setdefault("namespace", self.name)
            path = self.tree / f"{one['kind'].lower()}-{one['metadata']['name']}.yaml"
            path.write_text(json.dumps(one, indent=2))

    def change(self, kind: str, spec: dict[str, Any]) -> None:
        """Merge into the spec of the site's Bucket or Kustomization."""
        self.cluster.kube.patch(kind, self.name, NAMESPACE, change={"spec": spec})

    def value(self) -> str | None:
        """What the cluster has in the ConfigMap `shop`; None if it is not there."""
        found = self.cluster.kube.get("v1/ConfigMap", "shop", self.name)
        return found["data"]["value"] if found else None


@contextmanager
def running_site(name: str, cluster: Cluster, s3: S3Server, work: Path) -> Iterator[Site]:
    """Apply the objects, and take them away again, the Kustomization first."""
    kube = cluster.kube
    s3.create_bucket(name)
    tree = work / "tree"
    tree.mkdir()
    kube.apply(namespace(name), secret(name, s3.access_key, s3.secret_key), source(name, s3), kustomization(name))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "BUCKETOPS_"))}
    own = {"BUCKETOPS_BUCKET": name, "AWS_ENDPOINT_URL": s3.endpoint, "KUBECONFIG": str(cluster.kubeconfig)}
    try:
        yield Site(name=name, tree=tree, cluster=cluster, environment=environment | s3.env | own)
    finally:
        kube.delete(KUSTOMIZATION_KIND, name, NAMESPACE)
        kube.delete(SOURCE_KIND, name, NAMESPACE)
        kube.delete("v1/Secret", name, NAMESPACE)


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def secret(name: str, access_key: str, secret_key: str) -> dict[str, Any]:
    data = {"accesskey": access_key, "secretkey": secret_key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "stringData": data,
    }


def source(name: str, s3: S3Server) -> dict[str, Any]:
    spec = {
        "provider": "generic",
        "bucketName": name,
        "endpoint": s3.host,
        "insecure": True,
        "region": s3.region,
        "prefix": "live/",
        "interval": "10m",
        "secretRef": {"name": name},
    }
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket", "metadata": metadata, "spec": spec}


def kustomization(name: str) -> dict[str, Any]:
    spec = {
        "sourceRef": {"kind": "Bucket", "name": name},
        "path": "./live",
        "prune": True,
        "wait": True,
        "interval": "10m",
        "retryInterval": "30s",
        "timeout": "5m",
    }
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata, "spec": spec}


def config_map(value: str) -> dict[str, Any]:
    """The shop of these tests."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": {"value": value}}


def deployment(*, image: str = "shop", schedulable: bool = True) -> dict[str, Any]:
    """A Deployment that gets ready on kwok's nodes; or never does, which it says after a second."""
    spec: dict[str, Any] = {"containers": [{"name": "shop", "image": image}]}
    if not schedulable:
        spec["nodeSelector"] = {"no": "such-node"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop"},
        "spec": {
            "progressDeadlineSeconds": 1,
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {"metadata": {"labels": {"app": "shop"}}, "spec": spec},
        },
    }
