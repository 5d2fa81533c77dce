"""The Flux objects as data."""

import pytest
from bucketops import manifests

BUCKET = {
    "name": "shop",
    "namespace": "flux-system",
    "bucket_name": "manifests",
    "endpoint": "s3.eu-central-1.amazonaws.com",
    "insecure": False,
    "region": "eu-central-1",
    "prefix": "live/",
    "secret": "reader",
    "interval": "1m",
}
KUSTOMIZATION = {
    "name": "shop",
    "namespace": "flux-system",
    "bucket": "shop",
    "path": "./live",
    "interval": "10m",
    "timeout_minutes": 25,
}


@pytest.mark.parametrize(
    ("build", "arguments", "api"),
    [
        pytest.param(manifests.bucket, BUCKET, "source.toolkit.fluxcd.io/v1", id="Bucket"),
        pytest.param(manifests.kustomization, KUSTOMIZATION, "kustomize.toolkit.fluxcd.io/v1", id="Kustomization"),
    ],
)
def test_only_apis_that_flux_still_serves_are_used(build, arguments, api):
    assert build(**arguments)["apiVersion"] == api


def test_a_request_is_an_annotation_and_without_one_there_is_none():
    assert "annotations" not in manifests.bucket(**BUCKET)["metadata"]
    asked = manifests.kustomization(**KUSTOMIZATION, requested_at="3f9a1c0b7d21")
    assert asked["metadata"]["annotations"] == {"reconcile.fluxcd.io/requestedAt": "3f9a1c0b7d21"}


def test_a_request_is_handled_when_flux_has_echoed_it_and_is_ready():
    assert manifests.handled("3f9a1c0b7d21") == {
        "status.lastHandledReconcileAt": "3f9a1c0b7d21",
        "status.conditions[0].type": "Ready",
        "status.conditions[0].status": "True",
    }


def test_no_field_is_empty():
    # kubernetes_manifest would keep a null of the plan apart from the absent field of the API server.
    built = manifests.bucket(**BUCKET) | manifests.kustomization(**KUSTOMIZATION)
    assert None not in [*built.values(), *built["spec"].values(), *built["metadata"].values()]
    assert "insecure" not in manifests.bucket(**BUCKET)["spec"]
    assert manifests.bucket(**{**BUCKET, "insecure": True})["spec"]["insecure"] is True
