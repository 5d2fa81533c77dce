"""The cluster, as the publisher asks it: two Flux objects, and what they have applied. By lightkube."""

import os
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from lightkube import ApiError, Client, KubeConfig
from lightkube.core.exceptions import ConfigError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType

from upload.errors import ClusterFailed
from upload.flux import REQUESTED_AT, Reference, condition, inventory

_BUCKET = create_namespaced_resource("source.toolkit.fluxcd.io", "v1", "Bucket", "buckets")
_KUSTOMIZATION = create_namespaced_resource("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations")
_SECRET = create_namespaced_resource("", "v1", "Secret", "secrets")
_DEPLOYMENT = create_namespaced_resource("apps", "v1", "Deployment", "deployments")
_POD = create_namespaced_resource("", "v1", "Pod", "pods")
# What can be unhealthy, and by which name the API knows it. Others are in Flux's own message.
_PLURALS = {
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "ReplicaSet": "replicasets",
    "Job": "jobs",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "HelmRelease": "helmreleases",
    "HelmRepository": "helmrepositories",
    "GitRepository": "gitrepositories",
    "Kustomization": "kustomizations",
}
_TIMEOUT_S = 10


@dataclass(frozen=True, kw_only=True)
class FluxNames:
    """Which Flux objects read the bucket; the defaults are those of the constructs."""

    namespace: str = "flux-system"
    source: str = "aws-bucket"
    kustomization: str = "demo-kustomization"


class Cluster:
    """Raises ClusterFailed where the cluster cannot be asked, with what to do about it."""

    def __init__(self, names: FluxNames, *, kubeconfig: Path | None = None) -> None:
        self.names = names
        try:
            # Like kubectl: the option, else $KUBECONFIG, else ~/.kube/config, else the service account.
            config = KubeConfig.from_file(kubeconfig) if kubeconfig else KubeConfig.from_env()
            chosen = config.get()
            if chosen is None:
                raise ConfigError("the kubeconfig has no current context")
            self._client = Client(chosen, timeout=httpx2.Timeout(_TIMEOUT_S))
            self.server = str(chosen.cluster.server)
        except (ConfigError, OSError, ValueError, KeyError) as error:
            raise ClusterFailed(
                f"no cluster to ask: {_one_line(error)}: name a kubeconfig with --kubeconfig or KUBECONFIG"
            ) from error

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def bucket(self) -> Mapping[str, Any]:
        """The Bucket, as the API gives it."""
        return self._get(_BUCKET, "Bucket", self.names.source, "--source")

    def kustomization(self) -> Mapping[str, Any]:
        """The Kustomization, as the API gives it."""
        return self._get(_KUSTOMIZATION, "Kustomization", self.names.kustomization, "--kustomization")

    def reader_keys(self, bucket: Mapping[str, Any]) -> dict[str, str] | None:
        """The credentials Flux reads a Bucket with, as environment variables; None if it has no Secret."""
        name = (bucket["spec"].get("secretRef") or {}).get("name")
        if not name:
            return None
        data = self._get(_SECRET, "Secret", name, "--source").get("data") or {}
        fields = {"AWS_ACCESS_KEY_ID": "accesskey", "AWS_SECRET_ACCESS_KEY": "secretkey"}
        return {variable: b64decode(data.get(field, "")).decode() for variable, field in fields.items()}

    def request_fetch(self, request: str) -> None:
        """Ask Flux to fetch the bucket now; the Kustomization follows a new artifact by itself."""
        change = {"metadata": {"annotations": {REQUESTED_AT: request}}}
        with self._asking(f"annotate Bucket {self.names.namespace}/{self.names.source}"):
            # Merge: custom resources know no strategic merge and answer 415.
            self._client.patch(
                _BUCKET, self.names.source, change, namespace=self.names.namespace, patch_type=PatchType.MERGE
            )

    def flux_version(self) -> str | None:
        """What the source controller's Deployment says of itself ("v2.8.5" or "1.8.2"); None if it says nothing."""
        with self._asking("read the Deployment source-controller"):
            try:
                found = self._client.get(_DEPLOYMENT, "source-controller", namespace=self.names.namespace)
            except ApiError as error:
                if error.status.code != 404:
                    raise
                return None
            version: str | None = found["metadata"].get("labels", {}).get("app.kubernetes.io/version")
            return version

    def unhealthy(self, kustomization: Mapping[str, Any]) -> list[str]:
        """What of a Kustomization's objects is not healthy, and why: one line each, "kind/namespace/name: reason"."""
        lines = []
        for reference in inventory(kustomization):
            if plural := _PLURALS.get(reference.kind):
                kind = create_namespaced_resource(reference.group, reference.version, reference.kind, plural)
                try:
                    found = self._client.get(kind, reference.name, namespace=reference.namespace)
                except (ApiError, httpx2.HTTPError):
                    continue  # Flux's own message stands; this only adds to it
                if why := self._why_unhealthy(reference, found):
                    lines.append(f"{reference}: {why}")
        return lines

    def _why_unhealthy(self, reference: Reference, object: Mapping[str, Any]) -> str | None:
        # Progressing first: while an update fails, the old pods of a Deployment keep it Available.
        for kind, bad in (("Progressing", "False"), ("Ready", "False"), ("Available", "False"), ("Failed", "True")):
            found = condition(object, kind)
            if found.get("status") == bad:
                pods = self._waiting_pods(reference, object)
                return pods or f"{found.get('reason', 'not ready')}: {_one_line(found.get('message', ''))}"
        status, spec = object.get("status", {}), object.get("spec", {})
        if reference.kind in ("StatefulSet", "DaemonSet"):
            wanted = status.get("desiredNumberScheduled", spec.get("replicas", 1))
            ready = status.get("readyReplicas", status.get("numberReady", 0)) or 0
            if ready < wanted:
                return self._waiting_pods(reference, object) or f"{ready} of {wanted} ready"
        if reference.kind == "PersistentVolumeClaim" and status.get("phase") != "Bound":
            return str(status.get("phase", "not bound"))
        return None

    def _waiting_pods(self, reference: Reference, workload: Mapping[str, Any]) -> str | None:
        """Why pods do not start: Unschedulable, ImagePullBackOff and the like, which the workload does not say."""
        labels = workload.get("spec", {}).get("selector", {}).get("matchLabels")
        if not labels:
            return None
        try:
            pods = list(self._client.list(_POD, namespace=reference.namespace, labels=labels))
        except (ApiError, httpx2.HTTPError):
            return None
        for pod in pods:
            scheduled = condition(pod, "PodScheduled")
            if scheduled.get("status") == "False":
                return f"{scheduled.get('reason')}: {_one_line(scheduled.get('message', ''))}"
            for container in pod.get("status", {}).get("containerStatuses") or []:
                if waiting := container.get("state", {}).get("waiting"):
                    return f"{waiting.get('reason')}: {_one_line(waiting.get('message', container.get('image', '')))}"
        return None

    def _get(self, kind: Any, word: str, name: str, option: str) -> Mapping[str, Any]:
        namespace = self.names.namespace
        with self._asking(f"read {word} {namespace}/{name}"):
            try:
                found: Mapping[str, Any] = self._client.get(kind, name, namespace=namespace)
            except ApiError as error:
                if error.status.code != 404:
                    raise
                hint = f"no {word} {namespace}/{name} in the cluster {self.server}"
                raise ClusterFailed(f"{hint}: deploy the site, or name another with {option}") from error
            return found

    @contextmanager
    def _asking(self, action: str) -> Iterator[None]:
        try:
            yield
        except ApiError as error:
            advice = {401: "log in again", 403: "the user's role must allow it"}.get(
                error.status.code or 0, "try again"
            )
            raise ClusterFailed(
                f"the cluster {self.server} refused to {action}: {_one_line(error.status.message)}: {advice}"
            ) from error
        except httpx2.HTTPError as error:
            raise ClusterFailed(
                f"cannot reach the cluster {self.server} to {action}: {_one_line(error)}: check network and kubeconfig"
            ) from error


def has_kubeconfig(kubeconfig: Path | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a cluster is configured at all."""
    return bool(kubeconfig or environment.get("KUBECONFIG")) or Path("~/.kube/config").expanduser().is_file()


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
