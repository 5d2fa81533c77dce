"""The Flux objects, as plain data. No jsii: the builders say what is in an object, the constructs who applies it."""

from collections.abc import Mapping
from typing import Any

SOURCE_API = "source.toolkit.fluxcd.io/v1"  # served since Flux 2.4; the betas are gone since 2.8
KUSTOMIZE_API = "kustomize.toolkit.fluxcd.io/v1"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
# kustomize-controller watches only ConfigMaps and Secrets with this label; a value changed elsewhere waits for
# the next interval.
WATCHED = {"reconcile.fluxcd.io/watch": "Enabled"}

Manifest = dict[str, Any]


def bucket(
    *,
    name: str,
    namespace: str,
    bucket_name: str,
    endpoint: str,  # host[:port], without scheme
    insecure: bool,  # plain http
    region: str,
    prefix: str,  # ends with "/": Flux compares text, and "live" would match "live-old/" as well
    secret: str,  # name of the Secret with the keys accesskey and secretkey
    interval: str,
    requested_at: str | None = None,
) -> Manifest:
    """A source that fetches one folder of a bucket."""
    spec: Manifest = {
        "provider": "generic",  # "aws" is for ambient credentials, which a Civo cluster has not
        "bucketName": bucket_name,
        "endpoint": endpoint,
        "region": region,  # without it Flux asks S3 for it, which the reader may not
        "prefix": prefix,
        "interval": interval,
        "timeout": "60s",
        "secretRef": {"name": secret},
    }
    if insecure:
        spec["insecure"] = True
    return _object(SOURCE_API, "Bucket", name=name, namespace=namespace, spec=spec, requested_at=requested_at)


def kustomization(
    *,
    name: str,
    namespace: str,
    bucket: str,  # name of the Bucket in the same namespace
    path: str,  # inside the bucket: "./live"
    interval: str,
    timeout_minutes: int,
    sops_secret: str | None = None,  # name of the Secret with the key that decrypts SOPS files
    settings: str | None = None,  # name of a ConfigMap whose values replace ${...} in the manifests
    requested_at: str | None = None,
) -> Manifest:
    """Applies a folder of a bucket, removes what is no longer in it, and is ready when all of it is healthy."""
    spec: Manifest = {
        "sourceRef": {"kind": "Bucket", "name": bucket},
        "path": path,
        "prune": True,
        "wait": True,
        "interval": interval,
        "retryInterval": "30s",  # else a failed apply waits for a whole interval
        "timeout": f"{timeout_minutes}m",
        # The default only issues the deletes; Flux would be gone before its finalizers are.
        "deletionPolicy": "WaitForTermination",
    }
    if sops_secret is not None:
        spec["decryption"] = {"provider": "sops", "secretRef": {"name": sops_secret}}
    if settings is not None:
        spec["postBuild"] = {"substituteFrom": [{"kind": "ConfigMap", "name": settings}]}
    return _object(KUSTOMIZE_API, "Kustomization", name=name, namespace=namespace, spec=spec, requested_at=requested_at)


def handled(request: str) -> dict[str, str]:
    """The status fields of a Flux object that has answered this `requested_at`, and well.

    Ready is the first condition when all is well; after a failure Reconciling is, hence its type.
    """
    return {
        "status.lastHandledReconcileAt": request,
        "status.conditions[0].type": "Ready",
        "status.conditions[0].status": "True",
    }


def _object(
    api: str, kind: str, *, name: str, namespace: str, spec: Mapping[str, Any], requested_at: str | None
) -> Manifest:
    metadata: Manifest = {"name": name, "namespace": namespace}
    if requested_at is not None:
        metadata["annotations"] = {REQUESTED_AT: requested_at}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": dict(spec)}
