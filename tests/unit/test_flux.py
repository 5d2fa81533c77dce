"""Verdicts on what Flux reports, by tables; tests/e2e shows that Flux really reports it so."""

from typing import Any

import pytest

from upload.flux import inventory, judge_bucket, judge_kustomization, row

NEW, OLD = "sha256:new", "sha256:old"
REQUEST = "3f9a1c0b7d21@2026-11-23T07:00:00.000Z"


def conditions(**values: str) -> list[dict[str, str]]:
    """Ready="False/BuildFailed/why" and the like."""
    found = []
    for kind, value in values.items():
        status, reason, message = (*value.split("/"), "", "")[:3]
        found.append({"type": kind, "status": status, "reason": reason, "message": message})
    return found


def bucket(revision: str | None, *, handled: str = REQUEST, suspend: bool = False, **values: str) -> dict[str, Any]:
    status: dict[str, Any] = {"lastHandledReconcileAt": handled, "conditions": conditions(**values)}
    if revision:
        status["artifact"] = {"revision": revision}
    metadata = {"name": "aws-bucket", "namespace": "flux-system"}
    return {"kind": "Bucket", "metadata": metadata, "spec": {"suspend": suspend}, "status": status}


def kustomization(
    *, applied: str = OLD, attempted: str = OLD, observed: int = 2, suspend: bool = False, **values: str
) -> dict[str, Any]:
    status = {
        "lastAppliedRevision": applied,
        "lastAttemptedRevision": attempted,
        "observedGeneration": observed,
        "conditions": conditions(**values),
    }
    metadata = {"name": "site", "namespace": "flux-system", "generation": 2}
    return {"kind": "Kustomization", "metadata": metadata, "spec": {"suspend": suspend}, "status": status}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        pytest.param(bucket(NEW, Ready="True"), "done", id="fetched"),
        pytest.param(bucket(NEW, handled="earlier", Ready="True"), "done", id="fetched by its own poll"),
        pytest.param(bucket(OLD, handled="earlier", Ready="True"), "waiting", id="not asked yet"),
        pytest.param(
            bucket(OLD, handled="earlier", FetchFailed="True/AuthenticationFailed/denied", Ready="False"),
            "waiting",
            id="a failure of before is none of ours",
        ),
        pytest.param(
            bucket(OLD, FetchFailed="True/AuthenticationFailed/denied", Ready="False"), "failed", id="access denied"
        ),
        pytest.param(bucket(OLD, StorageOperationFailed="True/x/disk", Ready="False"), "failed", id="storage failed"),
        pytest.param(bucket(OLD, Ready="False/x/y"), "failed", id="not ready"),
        pytest.param(bucket(OLD, Ready="True"), "superseded", id="content with another revision"),
        pytest.param(bucket(None, Ready="Unknown/Progressing/building"), "waiting", id="at work"),
        pytest.param(bucket(OLD, suspend=True, Ready="True"), "failed", id="suspended"),
        pytest.param({"metadata": {"name": "b", "namespace": "n"}, "spec": {}}, "waiting", id="never reconciled"),
    ],
)
def test_a_bucket_is_judged_by_revision_and_request(found: dict[str, Any], state: str) -> None:
    assert judge_bucket(found, revision=NEW, request=REQUEST).state == state


@pytest.mark.parametrize(
    ("found", "state"),
    [
        pytest.param(kustomization(applied=NEW, attempted=NEW, Ready="True"), "done", id="applied and healthy"),
        pytest.param(
            kustomization(applied=NEW, attempted=NEW, observed=1, Ready="True"), "waiting", id="of an older spec"
        ),
        pytest.param(kustomization(Ready="True"), "waiting", id="still content with the old one"),
        pytest.param(kustomization(Ready="False/BuildFailed/old"), "waiting", id="the old one had failed"),
        pytest.param(kustomization(attempted=NEW, Ready="False/BuildFailed/x"), "failed", id="does not build"),
        pytest.param(kustomization(attempted=NEW, Ready="False/HealthCheckFailed/x"), "failed", id="not healthy"),
        pytest.param(
            kustomization(attempted=NEW, Ready="False/HealthCheckCanceled/x"), "waiting", id="health checks begin anew"
        ),
        pytest.param(
            kustomization(attempted=NEW, Ready="Unknown/Progressing", Reconciling="True/x/health"),
            "waiting",
            id="health checks run",
        ),
        pytest.param(kustomization(Ready="False/DependencyNotReady/x"), "waiting", id="waits for another"),
        pytest.param(
            kustomization(attempted=NEW, Ready="False/DependencyNotReady/x"), "waiting", id="waits for another again"
        ),
        pytest.param(kustomization(suspend=True), "failed", id="suspended"),
    ],
)
def test_a_kustomization_is_judged_by_what_it_attempted(found: dict[str, Any], state: str) -> None:
    assert judge_kustomization(found, revision=NEW).state == state


def test_the_verdict_carries_fluxs_own_words() -> None:
    verdict = judge_kustomization(kustomization(attempted=NEW, Ready="False/BuildFailed/no such file"), revision=NEW)
    assert (verdict.reason, verdict.message) == ("BuildFailed", "no such file")


def test_the_inventory_is_read_with_odd_names_and_kinds_without_namespace() -> None:
    entries = [
        {"id": "shop_cart_apps_Deployment", "v": "v1"},
        {"id": "_system__controller__reader_rbac.authorization.k8s.io_ClusterRole", "v": "v1"},
        {"id": "shop_settings__ConfigMap", "v": "v1"},
    ]
    found = inventory({"status": {"inventory": {"entries": entries}}})
    assert [str(one) for one in found] == [
        "Deployment/shop/cart",
        "ClusterRole/system:controller:reader",
        "ConfigMap/shop/settings",
    ]
    assert found[1].group == "rbac.authorization.k8s.io"


def test_a_row_shows_what_flux_get_shows() -> None:
    assert row(bucket(NEW, Ready="True/Succeeded/stored"))[1:] == (NEW, False, "True", "stored")
    assert row(kustomization())[1:] == (OLD, False, "False", "waiting to be reconciled")
