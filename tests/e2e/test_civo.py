"""The `cluster` stack through real Terraform and the real provider on Civo's emulated API, told as one story.

Each test goes on where the one before ended: a cluster takes the provider 20 s to make and 50 to remove.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.stacks import synthesized
from tests.real.civo.server import Civo, running_civo
from tests.real.cluster import Cluster
from tests.real.kube import Kube, Manifest
from tests.real.terraform import Terraform, TerraformFailed

LINGER_S = 23  # as reported: so long do nodes and load balancers outlive their cluster


@pytest.fixture(scope="module")
def civo(cluster: Cluster) -> Iterator[Civo]:
    with running_civo() as emulator:
        emulator.account.kubeconfig = cluster.kubeconfig_text
        yield emulator


class ClusterStack:
    """Configured and deployed as `cdktf deploy cluster` does."""

    def __init__(self, work: Path, civo: Civo) -> None:
        self._work, self._numbers = work, iter(range(100))
        # The state lies beside cdktf.out.
        self.terraform = Terraform(work / "cdktf.out/stacks/cluster", self._synth(), env=civo.env)
        (self.address,) = (f"civo_kubernetes_cluster.{name}" for name in self._synth()["resource"][CLUSTER])

    def configure(self, **settings: object) -> None:
        self.terraform.configure(self._synth(**settings))

    def _synth(self, **settings: object) -> Manifest:
        out = self._work / f"synth-{next(self._numbers)}"
        return synthesized(out, bucket="sock-shop-manifests", **settings)["cluster"]


CLUSTER = "civo_kubernetes_cluster"


@pytest.fixture(scope="module")
def stack(civo: Civo, tmp_path_factory: pytest.TempPathFactory) -> ClusterStack:
    return ClusterStack(tmp_path_factory.mktemp("civo"), civo)


def wrapped(text: str) -> str:
    """A pattern for text in terraform's output, which breaks lines anywhere and draws a box."""
    return r"[\s│]+".join(map(re.escape, text.split()))


def only(objects: dict[str, Manifest]) -> Manifest:
    (one,) = objects.values()
    return one


def test_a_cluster_that_the_api_fails_to_make_fails_the_deploy_and_leaves_none(civo: Civo, stack: ClusterStack):
    civo.fail(r"POST .*/kubernetes/clusters$", status=503)
    with pytest.raises(TerraformFailed, match=wrapped("a fault that the test ordered")):
        stack.terraform.apply()
    assert civo.account.clusters == {}


def test_running_again_makes_it_and_hands_out_its_kubeconfig(civo: Civo, stack: ClusterStack, tmp_path: Path):
    stack.terraform.apply()
    made = only(civo.account.clusters)
    assert (made["name"], made["region"], made["status"]) == ("civo-k3s-cluster", "FRA1", "ACTIVE")
    assert (made["num_target_nodes"], made["cni_plugin"]) == (3, "cilium")
    (kubeconfig := tmp_path / "kubeconfig").write_text(stack.terraform.output("kubeconfig"))
    assert Kube(kubeconfig).list("v1/Namespace"), "the cluster answers to it"


def test_once_the_cluster_is_ordered_the_provider_only_reads(civo: Civo):
    writes = [line for line, _ in civo.requests if not line.startswith("GET ")]
    assert writes[-1] == "POST /v2/kubernetes/clusters"


def test_a_second_plan_changes_nothing(stack: ClusterStack):
    assert not stack.terraform.plan_changes()


def test_only_the_api_and_the_web_are_open(civo: Civo):
    rules = {one["name"]: one["rules"] for one in civo.account.firewalls.values()}
    entries = {
        (name, rule["ports"], *rule["cidr"])
        for name in ("civo-k3s-cluster-api", "civo-k3s-cluster-web")
        for rule in rules[name]
        if rule["direction"] == "ingress"
    }
    anywhere = "0.0.0.0/0"
    assert entries == {
        ("civo-k3s-cluster-api", "6443", anywhere),
        ("civo-k3s-cluster-web", "80", anywhere),
        ("civo-k3s-cluster-web", "443", anywhere),
    }


def test_pool_and_admin_networks_are_changed_in_place(civo: Civo, stack: ClusterStack):
    before = only(civo.account.clusters)["id"]
    stack.configure(node_count=5, admin_cidrs=("198.51.100.7/32",))
    stack.terraform.apply()
    after = only(civo.account.clusters)
    assert (after["id"], after["num_target_nodes"]) == (before, 5)
    rules = [rule for firewall in civo.account.firewalls.values() for rule in firewall["rules"]]
    assert [rule["cidr"] for rule in rules if rule["ports"] == "6443"] == [["198.51.100.7/32"]]
    assert not stack.terraform.plan_changes()


def test_one_error_of_the_api_while_refreshing_drops_the_cluster_and_the_plan_shows_it(civo: Civo, stack: ClusterStack):
    civo.fail(r"GET .*/kubernetes/clusters/[^/]+$")
    stack.terraform.run("apply", "-refresh-only", "-auto-approve")
    assert stack.address not in stack.terraform.state()
    assert f"# {stack.address} will be created" in stack.terraform.run("plan")
    assert len(civo.account.clusters) == 1, "it runs on"


def test_deploying_all_the_same_is_refused_by_the_name_that_is_taken(civo: Civo, stack: ClusterStack):
    with pytest.raises(TerraformFailed, match=wrapped("exists already")):
        stack.terraform.apply()
    assert len(civo.account.clusters) == 1


def test_importing_it_as_the_documentation_says_brings_it_back(civo: Civo, stack: ClusterStack):
    before = only(civo.account.clusters)["id"]
    stack.terraform.run("import", stack.address, before)
    said = stack.terraform.run("plan")
    assert not re.search("will be (created|destroyed)|must be replaced", said), said
    stack.terraform.apply()
    assert only(civo.account.clusters)["id"] == before
    assert "clusters" in yaml.safe_load(stack.terraform.output("kubeconfig"))
    assert not stack.terraform.plan_changes()


def test_destroy_waits_for_nodes_that_linger_and_removes_everything(civo: Civo, stack: ClusterStack):
    civo.account.linger_s = LINGER_S
    stack.terraform.destroy()
    account = civo.account
    assert (account.clusters, account.firewalls, account.networks, account.ips) == ({}, {}, {}, {})
    assert stack.terraform.state() == []
