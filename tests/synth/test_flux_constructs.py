"""FluxInstall, FluxBucketSource, BucketSite and SockShopSite in a stranger's stack."""

import json

import pytest
from bucketops import BucketSite, FluxBucketSource, FluxInstall, Publication, SockShopSite
from bucketops.manifests import REQUESTED_AT
from cdktf import TerraformVariable
from cdktf_cdktf_provider_helm.provider import HelmProvider
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider

from upload.source import read_release


def source(stack, **arguments):
    KubernetesProvider(stack, "kubernetes", config_path="~/.kube/config")
    keys = {"access_key": "reader", "secret_key": "very-secret"}
    return FluxBucketSource(stack, "source", **{"bucket_name": "manifests", "region": "eu-west-1", **keys, **arguments})


def test_flux_comes_without_image_controllers_keeps_its_crds_and_lets_a_fix_overtake(synth, only):
    def add(stack):
        KubernetesProvider(stack, "kubernetes", config_path="~/.kube/config")
        HelmProvider(stack, "helm")
        FluxInstall(stack, "flux")

    stack = synth(add)
    release = only(stack, "helm_release")
    values = json.loads(release["values"][0])
    assert (release["chart"], release["version"], release["wait"]) == ("flux2", "2.18.3", True)
    assert values["crds"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert not values["imageAutomationController"]["create"] and not values["imageReflectionController"]["create"]
    assert values["kustomizeController"]["container"]["additionalArgs"] == [
        "--feature-gates=CancelHealthCheckOnNewRevision=true"
    ]
    (namespace,) = stack["resource"]["kubernetes_namespace_v1"]
    assert release["namespace"] == f"${{kubernetes_namespace_v1.{namespace}.metadata[0].name}}"


def flux_from(repository):
    def add(stack):
        KubernetesProvider(stack, "kubernetes", config_path="~/.kube/config")
        HelmProvider(stack, "helm")
        FluxInstall(stack, "flux", repository=repository)

    return add


def test_the_chart_of_flux_comes_from_the_repository_that_is_named(synth, only):
    mirror = "oci://charts.example.com/flux"
    assert only(synth(flux_from(mirror)), "helm_release")["repository"] == mirror


def test_a_repository_that_is_no_url_is_refused(synth):
    with pytest.raises(ValueError, match="repository: 'charts' is not the URL of a chart repository"):
        synth(flux_from("charts"))


def test_a_source_alone_reads_live_of_a_bucket_in_aws_and_waits_until_ready(synth, only):
    stack = synth(source)
    bucket = only(stack, "kubernetes_manifest")
    (secret_name,) = stack["resource"]["kubernetes_secret_v1"]
    secret = only(stack, "kubernetes_secret_v1")
    assert bucket["manifest"] == {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "Bucket",
        "metadata": {"name": "aws-bucket", "namespace": "flux-system"},
        "spec": {
            "provider": "generic",
            "bucketName": "manifests",
            "endpoint": "s3.eu-west-1.amazonaws.com",
            "region": "eu-west-1",
            "prefix": "live/",
            "interval": "1m",
            "timeout": "60s",
            "secretRef": {"name": "flux-bucket-secret"},
        },
    }
    assert bucket["wait"] == {"condition": [{"status": "True", "type": "Ready"}]}
    assert bucket["depends_on"] == [f"kubernetes_secret_v1.{secret_name}"]
    assert secret["metadata"] == {"name": "flux-bucket-secret", "namespace": "flux-system"}
    assert secret["data"] == {"accesskey": "reader", "secretkey": "very-secret"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://minio:9000", ("minio:9000", True), id="plain http"),
        pytest.param("https://s3.example.com", ("s3.example.com", None), id="https"),
        pytest.param("https://[::1]:9000/", ("[::1]:9000", None), id="IPv6 and a slash at the end"),
    ],
)
def test_another_server_is_named_without_scheme(synth, only, url, expected):
    spec = only(synth(lambda stack: source(stack, endpoint=url)), "kubernetes_manifest")["manifest"]["spec"]
    assert (spec["endpoint"], spec.get("insecure")) == expected


def test_a_plain_mirror_is_read_where_it_is(synth, only):
    bucket = only(synth(lambda stack: source(stack, path="clusters/shop")), "kubernetes_manifest")
    assert bucket["manifest"]["spec"]["prefix"] == "clusters/shop/"


def site(tree, kind=BucketSite, **arguments):
    return lambda stack: kind(stack, "site", source=source(stack), directory=tree, **arguments)


def test_a_site_is_done_when_flux_has_fetched_and_applied_this_release(synth, only, tree):
    release = read_release(tree).id
    stack = synth(site(tree))
    for name in ("source_bucket", "site_kustomization"):
        body = only(stack, "kubernetes_manifest", name)
        assert body["manifest"]["metadata"]["annotations"] == {REQUESTED_AT: release}
        assert body["wait"] == {
            "fields": {
                "status.lastHandledReconcileAt": release,
                "status.conditions[0].type": "Ready",
                "status.conditions[0].status": "True",
            }
        }
        assert body["field_manager"] == {"name": "bucketops", "force_conflicts": True}
        # The default holds the annotations: a requestedAt set by hand is no drift.
        assert "computed_fields" not in body


def test_settings_and_secret_then_publication_then_bucket_then_kustomization(synth, only, tree):
    stack = synth(site(tree, settings={"host": "a.b"}))
    names = {f"{kind}.{name}": name for kind, items in stack["resource"].items() for name in items}
    path = {
        key: {names[item].rsplit("_", 1)[0] for item in only(stack, *key).get("depends_on", ())}
        for key in (
            ("terraform_data",),
            ("kubernetes_manifest", "source_bucket"),
            ("kubernetes_manifest", "site_kustomization"),
        )
    }
    assert list(path.values()) == [
        {"source_secret", "site_settings"},
        {"source_secret", "site_publication_hook"},
        {"source_bucket"},
    ]


def test_the_kustomization_applies_prunes_waits_and_is_destroyed_with_its_workloads(synth, only, tree):
    body = only(synth(site(tree, timeout_minutes=10)), "kubernetes_manifest", "site_kustomization")
    assert body["manifest"]["spec"] == {
        "sourceRef": {"kind": "Bucket", "name": "aws-bucket"},
        "path": "./live",
        "prune": True,
        "wait": True,
        "interval": "10m",
        "retryInterval": "30s",
        "timeout": "10m",
        "deletionPolicy": "WaitForTermination",
    }
    assert body["timeouts"] == {"create": "15m", "update": "15m", "delete": "15m"}


def test_settings_replace_variables_and_are_applied_as_soon_as_they_change(synth, only, tree):
    stack = synth(site(tree, name="shop", settings={"host": "a.b"}))
    spec = only(stack, "kubernetes_manifest", "site_kustomization")["manifest"]["spec"]
    settings = only(stack, "kubernetes_config_map_v1")
    assert spec["postBuild"] == {"substituteFrom": [{"kind": "ConfigMap", "name": "shop-settings"}]}
    assert settings["metadata"]["name"] == "shop-settings"
    assert settings["metadata"]["labels"] == {"reconcile.fluxcd.io/watch": "Enabled"}
    assert settings["data"] == {"host": "a.b"}


def test_without_settings_variables_in_manifests_stay_as_they_are(synth, tree):
    stack = synth(site(tree))
    assert "kubernetes_config_map_v1" not in stack["resource"]
    assert "postBuild" not in str(stack)


def test_the_shop_gets_host_address_and_firewall_and_time(synth, only, tree):
    entrance = {"host": "shop.test", "load_balancer_ip": "192.0.2.1", "load_balancer_firewall_id": "f"}
    shops = []
    stack = synth(lambda stack: shops.append(site(tree, SockShopSite, **entrance)(stack)))
    body = only(stack, "kubernetes_manifest", "site_kustomization")
    assert only(stack, "kubernetes_config_map_v1")["data"] == {
        "host": "shop.test",
        "lb_ip": "192.0.2.1",
        "lb_firewall_id": "f",
    }
    assert body["manifest"]["metadata"]["name"] == "demo-kustomization"
    assert body["manifest"]["spec"]["timeout"] == "25m"
    assert body["timeouts"]["update"] == "30m"
    assert shops[0].url == "http://shop.test"


def test_a_source_can_follow_a_publication_of_a_stranger(synth, only, tree):
    def add(stack):
        bucket = source(stack)
        bucket.follow(Publication(stack, "mine", directory=tree, bucket_name="manifests", region="eu-west-1"))

    bucket = only(synth(add), "kubernetes_manifest")
    assert "condition" not in bucket["wait"]
    assert any(name.startswith("terraform_data.mine_hook") for name in bucket["depends_on"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"path": ""}, "path: '' is not a folder of the bucket", id="the whole bucket"),
        pytest.param({"path": "live/"}, "path: 'live/' is not a folder", id="a slash at the end"),
        pytest.param({"path": "a/../b"}, "path: 'a/../b' is not a folder", id="a way up"),
        pytest.param({"endpoint": "minio:9000"}, "endpoint: 'minio:9000' is not the URL", id="no scheme"),
        pytest.param({"endpoint": "http://u:p@minio"}, "expected http(s)://host[:port]", id="a password"),
        pytest.param({"endpoint": "http://a:99999"}, "is not the URL of an S3 server", id="no such port"),
        pytest.param({"interval": "1 minute"}, "interval: '1 minute' is not a duration", id="an interval in words"),
        pytest.param({"name": "Aws"}, "name: 'Aws' is not a name", id="upper case"),
    ],
)
def test_fails_when_the_source_is_given(synth, arguments, message):
    with pytest.raises(ValueError) as error:
        synth(lambda stack: source(stack, **arguments))
    assert message in str(error.value)


def test_fails_when_the_endpoint_is_known_to_terraform_alone(synth):
    def add(stack):
        source(stack, endpoint=TerraformVariable(stack, "url", type="string").string_value)

    with pytest.raises(ValueError, match="endpoint: got a token, expected text"):
        synth(add)


def test_fails_when_a_site_reads_a_plain_mirror(synth, tree):
    with pytest.raises(ValueError, match="source: 'mirror' is its path, expected 'live'"):
        synth(lambda stack: BucketSite(stack, "s", source=source(stack, path="mirror"), directory=tree))


def test_fails_when_a_site_has_no_time(synth, tree):
    with pytest.raises(ValueError, match="timeout_minutes: 0 is too small, expected at least 1"):
        synth(site(tree, timeout_minutes=0))
