"""The real Civo provider, through real terraform, against the emulated API."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.real.civo.server import Civo
from tests.real.kube import Manifest
from tests.real.terraform import Terraform, TerraformFailed

POOL = {"label": "workers", "node_count": 3, "size": "g4s.kube.medium"}
ANYWHERE = ["0.0.0.0/0"]


def rule(protocol: str, ports: str, cidr: list[str]) -> Manifest:
    return {"label": protocol, "protocol": protocol, "port_range": ports, "cidr": cidr, "action": "allow"}


def configuration(*, nodes: int = 3, admins: list[str] = ANYWHERE, firewall_after_cluster: bool = False) -> Manifest:
    """Network, two firewalls, reserved address, cluster: what the `cluster` stack will hold, by hand."""
    network = "${civo_network.net.id}"
    firewalls = {
        "api": {
            "ingress_rule": [rule("tcp", "6443", admins)],
            "egress_rule": [rule("tcp", "1-65535", ANYWHERE), rule("udp", "1-65535", ANYWHERE)],
        },
        "web": {"ingress_rule": [rule("tcp", "80", ANYWHERE), rule("tcp", "443", ANYWHERE)]},
    }
    for name, firewall in firewalls.items():
        firewall |= {"name": name, "network_id": network, "create_default_rules": False}
    cluster = {"name": "shop", "network_id": network, "firewall_id": "${civo_firewall.api.id}"}
    cluster |= {"kubernetes_version": "1.35.0-k3s1", "cluster_type": "k3s", "cni": "cilium"}
    cluster |= {"applications": "-traefik2-nodeport", "write_kubeconfig": True, "pools": [POOL | {"node_count": nodes}]}
    cluster["lifecycle"] = {"ignore_changes": ["applications"]}
    return {
        "terraform": {"required_providers": {"civo": {"source": "civo/civo"}}},
        "provider": {"civo": {"region": "FRA1"}},
        "resource": {
            "civo_network": {"net": {"label": "shop-network"}},
            "civo_firewall": firewalls,
            "civo_reserved_ip": {"entrance": {"name": "entrance"}},
            "civo_kubernetes_cluster": {"shop": cluster},
        },
        "output": {"kubeconfig": {"value": "${civo_kubernetes_cluster.shop.kubeconfig}", "sensitive": True}},
    }


@pytest.fixture
def terraform(civo: Civo, tmp_path: Path) -> Terraform:
    return Terraform(tmp_path / "stack", configuration(), env=civo.env)


def wrapped(text: str) -> str:
    """A pattern for text in terraform's output, which breaks lines anywhere and draws a box."""
    return r"[\s│]+".join(map(re.escape, text.split()))


def only(objects: dict[str, Manifest]) -> Manifest:
    (one,) = objects.values()
    return one


def test_a_cluster_is_made_scaled_guarded_and_removed(civo: Civo, terraform: Terraform):
    civo.account.kubeconfig = yaml.safe_dump({"kind": "Config", "current-context": "shop"})
    terraform.apply()
    assert yaml.safe_load(terraform.output("kubeconfig"))["current-context"] == "shop"
    assert only(civo.account.clusters)["region"] == "FRA1"
    assert not terraform.plan_changes(), "a second plan right after the apply"

    terraform.configure(configuration(nodes=5, admins=["198.51.100.7/32"]))
    assert terraform.plan_changes()
    terraform.apply()
    assert only(civo.account.clusters)["num_target_nodes"] == 5
    rules = [one for firewall in civo.account.firewalls.values() for one in firewall["rules"]]
    assert [one["cidr"] for one in rules if one["ports"] == "6443"] == [["198.51.100.7/32"]]
    assert not terraform.plan_changes(), "a second plan right after the change"

    terraform.destroy()
    left = (civo.account.clusters, civo.account.firewalls, civo.account.networks, civo.account.ips)
    assert left == ({}, {}, {}, {})


def test_a_firewall_is_refused_while_the_nodes_of_its_cluster_linger(civo: Civo, terraform: Terraform):
    terraform.apply()
    civo.account.linger_s = 3600
    with pytest.raises(TerraformFailed, match=wrapped("in use by a cluster")):
        terraform.destroy()
    assert civo.account.clusters == {}
    civo.account.lingering.clear()  # the hour has passed
    terraform.destroy()
    assert civo.account.networks == {}


def test_one_server_error_on_refresh_drops_the_cluster_from_the_state(civo: Civo, terraform: Terraform):
    terraform.apply()
    civo.fail(r"GET .*/kubernetes/clusters/[^/]+$")
    terraform.run("apply", "-refresh-only", "-auto-approve")
    assert "civo_kubernetes_cluster.shop" not in terraform.state()
    assert len(civo.account.clusters) == 1
    with pytest.raises(TerraformFailed, match=wrapped("exists already")):
        terraform.apply()


def test_a_cluster_that_failed_to_be_made_is_made_by_running_again(civo: Civo, terraform: Terraform):
    civo.fail(r"POST .*/kubernetes/clusters$", status=503)
    with pytest.raises(TerraformFailed):
        terraform.apply()
    assert civo.account.clusters == {}
    terraform.apply()
    assert only(civo.account.clusters)["status"] == "ACTIVE"


def test_a_lost_answer_leaves_a_cluster_that_terraform_does_not_know(civo: Civo, terraform: Terraform):
    civo.fail(r"POST .*/kubernetes/clusters$", done_first=True)
    with pytest.raises(TerraformFailed):
        terraform.apply()
    assert len(civo.account.clusters) == 1
    with pytest.raises(TerraformFailed, match=wrapped("exists already")):
        terraform.apply()


def ask(civo: Civo, method: str, path: str, body: Manifest | None = None, *, token: str = "") -> tuple[int, Manifest]:
    headers = {"Authorization": f"bearer {token or civo.env['CIVO_TOKEN']}", "Content-Encoding": "gzip"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(civo.url + path, data, headers, method=method)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_errors_have_the_shape_the_provider_reads(civo: Civo):
    status, body = ask(civo, "GET", "/v2/networks/none?region=FRA1")
    assert (status, body["code"], body["result"]) == (404, "database_network_not_found", "failed")
    assert isinstance(body["reason"], str)
    assert ask(civo, "GET", "/v2/regions", token="wrong")[0] == 401
    status, body = ask(civo, "GET", "/v2/volumes")
    assert (status, body["code"]) == (501, "not_emulated")


def test_regions_do_not_see_each_other(civo: Civo):
    ask(civo, "POST", "/v2/vpc/networks", {"label": "here", "region": "FRA1"})
    assert len(ask(civo, "GET", "/v2/vpc/networks?region=FRA1")[1]) == 1
    assert ask(civo, "GET", "/v2/vpc/networks?region=LON1")[1] == []


def test_requests_and_faults_can_be_counted(civo: Civo):
    civo.fail(r"GET /v2/sizes", times=2)
    assert [ask(civo, "GET", "/v2/sizes")[0] for _ in range(3)] == [500, 500, 200]
    assert len(civo.asked(r"GET /v2/sizes")) == 3
