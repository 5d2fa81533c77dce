"""CivoCluster and CivoEntrance in a stranger's stack."""

import cdktf
import pytest
from bucketops import CivoCluster, CivoEntrance
from bucketops.civo import CivoProvider
from cdktf import App, TerraformOutput, TerraformStack, TerraformVariable

ADMINS = ["203.0.113.7/32", "198.51.100.0/24"]


def cluster_with_entrance(stack, **entrance):
    CivoProvider(stack, "civo", region="LON1")
    cluster = CivoCluster(stack, "cluster", admin_cidrs=ADMINS, name="shop", region="LON1")
    web = CivoEntrance(stack, "entrance", name="shop", region="LON1", network_id=cluster.network_id, **entrance)
    cluster.destroyed_before(web.firewall, web.address)
    TerraformOutput(stack, "host", value=web.host)


def test_the_cluster_is_as_the_article_has_it(synth, only):
    def add(stack):
        CivoProvider(stack, "civo", region="FRA1")
        CivoCluster(stack, "c", admin_cidrs=ADMINS)

    cluster = only(synth(add), "civo_kubernetes_cluster")
    assert (cluster["name"], cluster["region"]) == ("civo-k3s-cluster", "FRA1")
    assert cluster["pools"] == [{"label": "nodes", "node_count": 3, "size": "g4s.kube.medium"}]
    assert cluster["applications"] == "-traefik2-nodeport"
    assert cluster["cni"] == "cilium"
    assert cluster["write_kubeconfig"] is True
    assert cluster["lifecycle"] == {"ignore_changes": ["applications"]}


def test_only_the_admins_reach_the_api_and_nodes_reach_everything(synth, only):
    firewall = only(synth(cluster_with_entrance), "civo_firewall", "cluster")
    assert firewall["create_default_rules"] is False
    assert [(rule["port_range"], rule["cidr"]) for rule in firewall["ingress_rule"]] == [("6443", ADMINS)]
    assert {(rule["protocol"], rule["port_range"], *rule["cidr"]) for rule in firewall["egress_rule"]} == {
        ("tcp", "1-65535", "0.0.0.0/0"),
        ("udp", "1-65535", "0.0.0.0/0"),
    }


def test_the_web_reaches_ports_80_and_443_of_load_balancers(synth, only):
    firewall = only(synth(cluster_with_entrance), "civo_firewall", "entrance")
    assert [(rule["port_range"], rule["cidr"]) for rule in firewall["ingress_rule"]] == [
        ("80", ["0.0.0.0/0"]),
        ("443", ["0.0.0.0/0"]),
    ]
    assert firewall["create_default_rules"] is False


def test_cluster_then_a_pause_then_firewalls_and_address_are_destroyed(synth):
    resources = synth(cluster_with_entrance)["resource"]
    ((cluster_name, cluster),) = resources["civo_kubernetes_cluster"].items()
    ((settle_name, settle),) = resources["terraform_data"].items()
    (address,) = resources["civo_reserved_ip"]
    firewalls = [f"civo_firewall.{name}" for name in resources["civo_firewall"]]
    # What depends on something is destroyed before it.
    assert cluster["depends_on"] == [f"terraform_data.{settle_name}"]
    assert sorted(settle["depends_on"]) == sorted([*firewalls, f"civo_reserved_ip.{address}"])
    assert settle["provisioner"] == [{"local-exec": {"command": "sleep 30", "when": "destroy"}}]
    # No cycle: nothing the pause waits for looks at the cluster.
    assert cluster_name not in str([resources["civo_firewall"], resources["civo_reserved_ip"], settle])


def test_without_a_host_the_address_is_the_name(synth, only):
    stack = synth(cluster_with_entrance)
    (address,) = stack["resource"]["civo_reserved_ip"]
    expected = f'${{replace(civo_reserved_ip.{address}.ip, ".", "-")}}.sslip.io'
    assert stack["output"]["host"]["value"] == expected
    assert "data" not in stack and "civo_dns_domain_record" not in stack["resource"]


def test_a_host_in_a_domain_at_civo_gets_a_record_and_the_domain_stays_theirs(synth, only):
    stack = synth(lambda stack: cluster_with_entrance(stack, host="shop.dev.example.com", dns_domain="example.com"))
    ((domain_name, domain),) = stack["data"]["civo_dns_domain_name"].items()
    (address,) = stack["resource"]["civo_reserved_ip"]
    record = only(stack, "civo_dns_domain_record")
    assert record == {
        "domain_id": f"${{data.civo_dns_domain_name.{domain_name}.id}}",
        "name": "shop.dev",
        "ttl": 600,
        "type": "A",
        "value": f"${{civo_reserved_ip.{address}.ip}}",
    }
    assert domain["lifecycle"]["postcondition"][0]["condition"] == '${self.name == "example.com"}'
    assert stack["output"]["host"]["value"] == "shop.dev.example.com"
    assert "civo_dns_domain_name" not in stack["resource"]


def test_a_host_elsewhere_gets_no_record(synth):
    stack = synth(lambda stack: cluster_with_entrance(stack, host="shop.example.com"))
    assert stack["output"]["host"]["value"] == "shop.example.com"
    assert "civo_dns_domain_record" not in stack["resource"]


def test_the_parts_of_the_kubeconfig_are_for_provider_blocks(synth):
    def add(stack):
        CivoProvider(stack, "civo", region="FRA1")
        cluster = CivoCluster(stack, "c", admin_cidrs=ADMINS)
        for name in ("host", "cluster_ca_certificate", "client_certificate", "client_key"):
            TerraformOutput(stack, name, value=getattr(cluster, name), sensitive=True)

    stack = synth(add)
    (name,) = stack["resource"]["civo_kubernetes_cluster"]
    parsed = f"yamldecode(civo_kubernetes_cluster.{name}.kubeconfig)"
    assert {name: output["value"] for name, output in stack["output"].items()} == {
        "host": f"${{{parsed}.clusters.0.cluster.server}}",
        "cluster_ca_certificate": f'${{base64decode({parsed}.clusters.0.cluster["certificate-authority-data"])}}',
        "client_certificate": f'${{base64decode({parsed}.users.0.user["client-certificate-data"])}}',
        "client_key": f'${{base64decode({parsed}.users.0.user["client-key-data"])}}',
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"admin_cidrs": []}, "admin_cidrs: none given, expected at least one", id="nobody may enter"),
        pytest.param({"admin_cidrs": ["10.0.0.1/8"]}, "did you mean '10.0.0.0/8'", id="a host for a network"),
        pytest.param({"admin_cidrs": ["::/0"]}, "'::/0' is not an IPv4 network", id="IPv6"),
        pytest.param({"name": "My Cluster"}, "name: 'My Cluster' is not a name", id="blanks in the name"),
        pytest.param({"region": "fra1"}, "region: 'fra1' is not a Civo region", id="a region in lower case"),
        pytest.param({"kubernetes_version": "1.35"}, "'1.35' is not a k3s version", id="half a version"),
        pytest.param({"kubernetes_version": "1.35.0+k3s1"}, "expected for example '1.35.0-k3s1'", id="a + in it"),
        pytest.param({"node_size": "g4s.medium"}, "'g4s.medium' is not a size of Kubernetes", id="an instance size"),
        pytest.param({"node_count": 0}, "node_count: 0 is too small, expected at least 1", id="no nodes"),
    ],
)
def test_fails_when_the_cluster_is_given(synth, arguments, message):
    with pytest.raises(ValueError) as error:
        synth(lambda stack: CivoCluster(stack, "c", **{"admin_cidrs": ADMINS, **arguments}))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"host": "http://a.b"}, "host: 'http://a.b' is not a host name", id="a URL for a host"),
        pytest.param(
            {"dns_domain": "example.com"}, "host: None is not a name below dns_domain 'example.com'", id="no host"
        ),
        pytest.param(
            {"host": "example.com", "dns_domain": "example.com"}, "such as 'shop.example.com'", id="the domain itself"
        ),
        pytest.param({"host": "badexample.com", "dns_domain": "example.com"}, "not a name below", id="a look-alike"),
    ],
)
def test_fails_when_the_entrance_is_given(synth, arguments, message):
    with pytest.raises(ValueError) as error:
        synth(lambda stack: CivoEntrance(stack, "e", name="a", region="FRA1", network_id="n", **arguments))
    assert message in str(error.value)


def test_what_only_terraform_knows_is_not_checked(synth, only):
    def add(stack):
        CivoProvider(stack, "civo", region="FRA1")
        region = TerraformVariable(stack, "region", type="string").string_value
        CivoCluster(stack, "c", admin_cidrs=ADMINS, region=region)

    assert only(synth(add), "civo_network")["region"] == "${var.region}"


def test_the_way_out_of_cdktf_carries_the_resources_in_full(tmp_path):
    stack = TerraformStack(App(outdir=str(tmp_path)), "stranger")
    cluster_with_entrance(stack)
    # The class is not imported by name: pytest would take it for tests.
    hcl = " ".join(cdktf.Testing.synth_hcl(stack).split())
    assert hcl.count("ingress_rule {") == 3
    for text in ('label = "nodes"', "node_count = 3", "write_kubeconfig = true", '"203.0.113.7/32", "198.51.100.0/24"'):
        assert text in hcl
