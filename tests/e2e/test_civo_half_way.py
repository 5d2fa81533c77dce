"""Clusters that Civo has made and Terraform does not know of, or not rightly: the real provider, the emulated API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_civo import ClusterStack, only, wrapped
from tests.real.civo.server import Civo, running_civo
from tests.real.cluster import Cluster
from tests.real.terraform import TerraformFailed


@pytest.fixture
def civo(cluster: Cluster) -> Iterator[Civo]:
    with running_civo() as emulator:
        emulator.account.kubeconfig = cluster.kubeconfig_text
        yield emulator


@pytest.fixture
def stack(civo: Civo, tmp_path: Path) -> ClusterStack:
    return ClusterStack(tmp_path, civo)


def test_a_cluster_whose_making_was_not_answered_is_refused_by_its_name_until_it_is_imported(
    civo: Civo, stack: ClusterStack
):
    civo.fail(r"POST .*/kubernetes/clusters$", done_first=True)
    with pytest.raises(TerraformFailed, match=wrapped("a fault that the test ordered")):
        stack.terraform.apply()
    assert stack.address not in stack.terraform.state()
    made = only(civo.account.clusters)["id"]
    with pytest.raises(TerraformFailed, match=wrapped("exists already")):
        stack.terraform.apply()

    stack.terraform.run("import", stack.address, made)
    stack.terraform.apply()
    assert only(civo.account.clusters)["id"] == made
    assert not stack.terraform.plan_changes()


def test_a_cluster_that_fails_to_answer_while_it_is_built_is_made_anew_unless_it_is_untainted(
    civo: Civo, stack: ClusterStack
):
    civo.fail(r"GET .*/kubernetes/clusters/[^/]+$")
    with pytest.raises(TerraformFailed, match=wrapped("a fault that the test ordered")):
        stack.terraform.apply()
    made = only(civo.account.clusters)["id"]
    assert f"{stack.address} is tainted, so must be replaced" in stack.terraform.run("plan")

    stack.terraform.run("untaint", stack.address)
    stack.terraform.apply()
    assert only(civo.account.clusters)["id"] == made
    assert not stack.terraform.plan_changes()
