"""The cluster follows each publish: what is renamed, moved, deleted, nested, broken, unhealthy or taken back."""

import pytest

from tests.e2e.live_site import CONFIG_MAP, KUSTOMIZATION, WORKLOADS, LiveSite
from tests.real.waiting import wait_until


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        pytest.param([("cart.yaml", {"cart": "2"})], {"cart": "2", "orders": "1"}, id="a changed object is changed"),
        pytest.param([("orders.yaml", {})], {"cart": "1"}, id="a deleted file's object is pruned"),
        pytest.param(
            [("cart.yaml", {}), ("basket.yaml", {"cart": "1"})], {"cart": "1", "orders": "1"}, id="a file is renamed"
        ),
        pytest.param(
            [("cart.yaml", {}), ("team/a/cart.yaml", {"cart": "1"})],
            {"cart": "1", "orders": "1"},
            id="a file moves to another folder",
        ),
        pytest.param(
            [("cart.yaml", {}), ("orders.yaml", {"orders": "1", "cart": "1"})],
            {"cart": "1", "orders": "1"},
            id="an object moves to another file",
        ),
        pytest.param(
            [("cart.yaml", {"basket": "1"})], {"basket": "1", "orders": "1"}, id="an object gets another name"
        ),
        pytest.param(
            [("cart.yaml", {"orders": "1"}), ("orders.yaml", {"cart": "1"})],
            {"cart": "1", "orders": "1"},
            id="two files swap their contents",
        ),
    ],
)
def test_a_changed_tree_is_what_runs_and_objects_that_stay_are_not_made_anew(site: LiveSite, change, runs):
    site.write("cart.yaml", cart="1")
    site.write("orders.yaml", orders="1")
    first = site.publish()
    site.deploy()
    site.follow(first.revision)
    before = site.uids()
    for path, config_maps in change:
        site.write(path, **config_maps)
    site.follow(site.publish().revision)
    assert site.running() == runs
    assert not {name for name, uid in site.uids().items() if before.get(name, uid) != uid}


def test_publishing_the_old_tree_brings_the_old_release_back(site: LiveSite):
    site.write("cart.yaml", cart="1")
    first = site.publish()
    site.deploy()
    site.follow(first.revision)
    site.write("cart.yaml", cart="2", extra="1")
    site.follow(site.publish().revision)
    site.write("cart.yaml", cart="1")
    back = site.publish()
    assert (back.release, back.written) == (first.release, 0), "one switch, no file"
    site.follow(back.revision)
    assert site.running() == {"cart": "1"}


def test_flux_kustomizations_of_the_tree_move_with_the_release(site: LiveSite):
    team = site.kustomization(f"{site.name}-team", path="./team")
    site.write("flux.yaml", team)
    site.write("kustomization.yaml", {"resources": ["flux.yaml"]})
    site.write("team/cart.yaml", cart="1")
    site.write("team/orders.yaml", orders="1")
    first = site.publish()
    site.deploy()
    site.follow(first.revision)
    assert site.running() == {"cart": "1", "orders": "1"}
    site.write("team/cart.yaml", cart="2")
    site.write("team/orders.yaml")
    second = site.publish()
    site.follow(second.revision)
    path = site.kube.get(KUSTOMIZATION, f"{site.name}-team", site.namespace)["spec"]["path"]
    assert path == f"./live/{second.release}/team"
    wait_until(lambda: site.running() == {"cart": "2"}, "the nested Kustomization to follow")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param({"resources": ["missing.yaml"]}, "BuildFailed", id="does not build"),
        pytest.param({"kind": "ConfigMap", "apiVersion": "v1", "data": 1}, "ReconciliationFailed", id="is no object"),
    ],
)
def test_a_release_that_cannot_be_applied_leaves_the_old_one_running_and_the_next_good_one_heals(
    site: LiveSite, content, reason
):
    site.write("cart.yaml", cart="1")
    first = site.publish()
    site.deploy()
    site.follow(first.revision)
    if "resources" in content:
        site.write("kustomization.yaml", content)
    else:
        meta = {"name": f"{site.name}-bad", "namespace": WORKLOADS}
        site.write("bad.yaml", content | {"metadata": meta})
    bad = site.publish()
    site.see()
    failed = site.condition(KUSTOMIZATION, "Ready")
    assert (failed["status"], failed["reason"]) == ("False", reason), failed["message"]
    assert site.status(KUSTOMIZATION)["lastAttemptedRevision"] == bad.revision
    assert site.status(KUSTOMIZATION)["lastAppliedRevision"] == first.revision
    assert site.running() == {"cart": "1"}

    for name in ("kustomization.yaml", "bad.yaml"):
        (site.tree / name).unlink(missing_ok=True)
    site.write("cart.yaml", cart="3")
    site.follow(site.publish().revision)
    assert site.running() == {"cart": "3"}


def test_a_release_that_never_gets_healthy_does_not_hold_back_the_one_that_mends_it(flux, s3_server, tmp_path):
    with LiveSite(flux, s3_server, tmp_path / "tree", timeout_minutes=10) as site:
        site.write("cart.yaml", cart="1")
        first = site.publish()
        site.deploy()
        site.follow(first.revision)
        site.write("cart.yaml", never_ready(site), site.config_map("cart", "2"))
        site.publish()
        site.see_bucket()
        wait_until(lambda: site.running() == {"cart": "2"}, "the bad release to be applied")
        wait_until(lambda: site.condition(KUSTOMIZATION, "Ready")["status"] == "Unknown", "its health check to wait")
        site.write("cart.yaml", cart="3")
        # Ten times as long would still be before the bad one's timeout.
        site.follow(site.publish().revision)
        assert site.running() == {"cart": "3"}


def never_ready(site):
    """A Deployment whose pods no node takes."""
    labels = {"app": site.name}
    container = {"name": "cart", "image": "example.test/cart:1"}
    pod = {"containers": [container], "nodeSelector": {"example.test/none": "such"}}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    meta = {"name": site.name, "namespace": WORKLOADS}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def test_deleting_the_kustomization_removes_what_it_made_and_leaves_everything_else(site: LiveSite):
    site.write("cart.yaml", cart="1")
    first = site.publish()
    site.deploy()
    site.follow(first.revision)
    site.kube.apply(site.config_map("by-hand", "1"))
    site.remove()
    assert site.running() == {"by-hand": "1"}
    site.kube.delete(CONFIG_MAP, f"{site.name}-by-hand", WORKLOADS)
