from typing import Any

import pytest

from upload.objects import Reference
from upload.prune import prune_guard

CORE = Reference("", "ConfigMap", "shop", "")
NAMESPACE = Reference("", "Namespace", "", "shop")
CLAIM = Reference("", "PersistentVolumeClaim", "shop", "db")
DEFINITION = Reference("apiextensions.k8s.io", "CustomResourceDefinition", "", "shops.example.com")
CHART = Reference("helm.toolkit.fluxcd.io", "HelmRelease", "shop", "sock-shop")


def config_maps(count: int) -> dict[Reference, Any]:
    return {CORE._replace(name=f"c{number:03}"): {} for number in range(count)}


def kept(field: str) -> dict[str, Any]:
    return {"metadata": {field: {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}}


@pytest.mark.parametrize(
    ("live", "left", "refused"),
    [
        pytest.param(40, 40, False, id="nothing"),
        pytest.param(20, 10, False, id="ten of twenty"),
        pytest.param(20, 9, True, id="eleven of twenty"),
        pytest.param(8, 0, False, id="all eight, since a site of eight has nothing to spare"),
        pytest.param(100, 75, False, id="a quarter of a hundred"),
        pytest.param(100, 74, True, id="more than a quarter of a hundred"),
    ],
)
def test_asks_only_for_many_objects(live: int, left: int, refused: bool) -> None:
    guard = prune_guard(config_maps(live), config_maps(left))
    assert (len(guard.removed), guard.refused) == (live - left, refused)


@pytest.mark.parametrize("reference", [NAMESPACE, CLAIM, DEFINITION], ids=lambda reference: reference.kind)
def test_asks_for_a_single_object_that_takes_others_with_it(reference: Reference) -> None:
    guard = prune_guard({**config_maps(100), reference: {}}, config_maps(100))
    assert [removed.reference for removed in guard.dangerous] == [reference]
    assert guard.refused


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_what_flux_never_prunes_does_not_go(field: str) -> None:
    assert prune_guard({NAMESPACE: kept(field)}, []).removed == ()


def test_a_namespace_that_is_written_out_removes_nothing() -> None:
    bare = CORE._replace(namespace="", name="a")
    assert prune_guard({bare: {}}, [bare._replace(namespace="default")]).lines() == []


def test_people_see_the_dangerous_first_and_what_goes_with_each() -> None:
    live = {CORE._replace(name="a"): {}, CHART: {}, NAMESPACE: {}, CLAIM: {}, DEFINITION: {}}
    assert prune_guard(live, [CORE._replace(name="b")]).lines() == [
        "would remove 5 of 5 objects from the cluster",
        "! Namespace shop (deletes everything in it)",
        "! PersistentVolumeClaim shop/db (deletes the data on it)",
        "! apiextensions.k8s.io/CustomResourceDefinition shops.example.com (deletes every object of its kind)",
        "- ConfigMap shop/a",
        "- helm.toolkit.fluxcd.io/HelmRelease shop/sock-shop (uninstalls its chart)",
        "if this is meant, publish with --allow-prune",
    ]


def test_a_long_list_is_cut_but_never_the_dangerous_part() -> None:
    spaces = {NAMESPACE._replace(name=f"n{number:02}"): {} for number in range(30)}
    lines = prune_guard({**config_maps(50), **spaces}, []).lines()
    assert (sum(line.startswith("!") for line in lines), lines[-2]) == (30, "- and 30 more")


def test_fewer_than_the_limit_are_told_without_a_refusal() -> None:
    assert prune_guard(config_maps(2), config_maps(1)).lines() == [
        "would remove 1 of 2 objects from the cluster",
        "- ConfigMap shop/c001",
    ]
