"""Every artifact that Flux can ever store is one published release, or does not build; nothing else is ever applied."""

import pytest

from tests.e2e.live_site import KUSTOMIZATION
from tests.e2e.storm import mirror, ours, reconciling, shop, storm


def test_constant_reconciling_never_catches_a_mix_or_a_part_of_a_release(site):
    outcome = storm(site, ours)
    assert outcome.artifacts.mixed == 0, outcome
    assert outcome.artifacts.stored > 6, "Flux has looked while releases were written"
    assert outcome.lost == 0


def test_the_same_run_catches_a_mirror_that_is_overwritten_in_place(site):
    outcome = storm(site, mirror)
    assert outcome.artifacts.mixed + outcome.artifacts.broken > 0, "else the test above shows nothing"


def test_filling_an_emptied_bucket_again_prunes_nothing_meanwhile(site):
    published = site.publish(tree=shop(site, 0))
    site.deploy()
    site.follow(published.revision)
    before = site.uids()
    for key in site.keys():
        site.client.delete_object(Bucket=site.name, Key=key)
    with reconciling(site):
        site.wait_applied(ours(site, shop(site, 0)))
    site.see()
    assert site.uids() == before


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda site, release: site.keys("live/"), id="all is gone"),
        pytest.param(lambda site, release: ["live/kustomization.yaml"], id="the pointer is gone"),
        pytest.param(lambda site, release: [f"live/{release}/cart.yaml"], id="a file is gone"),
        pytest.param(lambda site, release: [f"live/{release}/kustomization.yaml"], id="its root file is gone"),
    ],
)
def test_nothing_is_pruned_when_objects_are_deleted_and_the_next_publish_repairs(site, harm):
    first = publish_shop(site)
    for key in harm(site, first.release):
        site.client.delete_object(Bucket=site.name, Key=key)
    before = site.uids()
    site.see()
    assert site.uids() == before
    again = site.publish()
    site.follow(again.revision)
    assert (again.revision, site.uids()) == (first.revision, before)


def test_a_file_that_somebody_broke_is_refused_by_flux_and_repaired_by_the_next_publish(site):
    first = publish_shop(site)
    site.client.put_object(Bucket=site.name, Key=f"live/{first.release}/cart.yaml", Body=b"tampered: [")
    site.see()
    assert site.condition(KUSTOMIZATION, "Ready")["reason"] == "BuildFailed"
    assert site.running() == {"cart": "1", "orders": "1"}
    site.follow(site.publish().revision)
    assert site.running() == {"cart": "1", "orders": "1"}


def test_a_file_beside_the_releases_is_not_applied_and_counts_in_the_revision(site):
    publish_shop(site)
    foreign = site.config_map("foreign", "1")
    site.client.put_object(Bucket=site.name, Key="live/foreign.yaml", Body=str(foreign).encode())
    site.write("cart.yaml", cart="2")
    site.follow(site.publish().revision)
    assert site.running() == {"cart": "2", "orders": "1"}


def test_publishing_again_makes_flux_fetch_nothing(site):
    first = publish_shop(site)
    again = site.publish()
    site.see()
    assert (again.changed, again.revision) == (False, first.revision)
    assert len(site.flux.artifacts(site.name)) == 1


def publish_shop(site):
    site.write("cart.yaml", cart="1")
    site.write("orders/orders.yaml", orders="1")
    published = site.publish()
    site.deploy()
    site.follow(published.revision)
    return published
