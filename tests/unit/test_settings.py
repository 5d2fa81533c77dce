"""Settings from cdktf.json and the environment: what is taken, and what is answered to what cannot be."""

import pytest
from bucketops.settings import ConfigurationError, Settings, read_settings

BUCKET = {"bucket": "sock-shop-manifests"}


def test_a_bucket_is_all_that_has_to_be_named():
    assert read_settings(BUCKET, {}) == Settings(bucket="sock-shop-manifests")


def test_the_defaults_are_those_of_the_article():
    settings = read_settings(BUCKET, {})
    assert (settings.cluster_name, settings.civo_region) == ("civo-k3s-cluster", "FRA1")
    assert (settings.node_count, settings.node_size) == (3, "g4s.kube.medium")
    assert settings.region == "eu-central-1"


@pytest.mark.parametrize(
    ("context", "environment", "expected"),
    [
        pytest.param({"region": "us-east-1"}, {}, {"region": "us-east-1"}, id="the file before the default"),
        pytest.param(
            {"region": "us-east-1"},
            {"BUCKETOPS_REGION": "eu-west-1"},
            {"region": "eu-west-1"},
            id="the environment before the file",
        ),
        pytest.param({"region": "us-east-1"}, {"BUCKETOPS_REGION": ""}, {"region": "us-east-1"}, id="empty is not set"),
        pytest.param({"host": "", "region": None}, {}, {"host": None, "region": "eu-central-1"}, id="nor is null"),
        pytest.param({}, {"BUCKETOPS_NODE_COUNT": "5"}, {"node_count": 5}, id="a number from the environment"),
        pytest.param({"node_count": 5}, {}, {"node_count": 5}, id="a number from the file"),
        pytest.param({"force_destroy": False}, {}, {"force_destroy": False}, id="false is a choice"),
        pytest.param({}, {"BUCKETOPS_FORCE_DESTROY": "True"}, {"force_destroy": True}, id="a choice in words"),
        pytest.param(
            {},
            {"BUCKETOPS_ADMIN_CIDRS": "203.0.113.7/32, 10.0.0.0/8"},
            {"admin_cidrs": ("203.0.113.7/32", "10.0.0.0/8")},
            id="networks from the environment",
        ),
        pytest.param(
            {"admin_cidrs": ["10.0.0.0/8"]}, {}, {"admin_cidrs": ("10.0.0.0/8",)}, id="networks from the file"
        ),
        pytest.param({}, {"AWS_ENDPOINT_URL": "http://a:1"}, {"endpoint": "http://a:1"}, id="the server of AWS' tools"),
        pytest.param(
            {"endpoint": "http://b:2"},
            {"AWS_ENDPOINT_URL": "http://a:1"},
            {"endpoint": "http://b:2"},
            id="a server of our own before theirs",
        ),
        pytest.param(
            {},
            {"BUCKETOPS_FLUX_REPOSITORY": "oci://charts.example.com/flux"},
            {"flux_repository": "oci://charts.example.com/flux"},
            id="a mirror of Flux's chart",
        ),
        pytest.param(
            {"host": "shop.example.com", "dns_domain": "example.com"},
            {},
            {"host": "shop.example.com", "dns_domain": "example.com"},
            id="a host below its domain",
        ),
        pytest.param({}, {"BUCKETOPS_KUBECONFIG": "x", "OTHER": "y"}, {}, id="names of others in the environment"),
    ],
)
def test_takes(context, environment, expected):
    settings = read_settings({**BUCKET, **context}, environment)
    assert {name: getattr(settings, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("context", "environment", "problem"),
    [
        pytest.param({"bucket": "My_Bucket"}, {}, "bucket in cdktf.json: 'My_Bucket' is not a bucket name", id="case"),
        pytest.param({"bucket": "ab"}, {}, "'ab' is not a bucket name: 3 to 63", id="a bucket too short"),
        pytest.param({"bucket": "a" * 64}, {}, "is not a bucket name", id="a bucket too long"),
        pytest.param({"bucket": "192.0.2.1"}, {}, "and no IP address", id="an address for a bucket"),
        pytest.param({"bucket": "a..b"}, {}, "'a..b' is not a bucket name", id="two dots in a bucket"),
        pytest.param({"bucket": "a-.b"}, {}, "'a-.b' is not a bucket name", id="a dash before a dot"),
        pytest.param({"bucket": "shop-"}, {}, "'shop-' is not a bucket name", id="a dash at the end"),
        pytest.param({"bucket": "s3://shop"}, {}, "'s3://shop' is not a bucket name", id="a URL for a bucket"),
        pytest.param({"bucket": "shop\n"}, {}, r"'shop\n' is not a bucket name", id="a line break at the end"),
        pytest.param({"bucket": 7}, {}, "bucket in cdktf.json: 7 is not text", id="a number for a bucket"),
        pytest.param({"region": "eu-central"}, {}, "'eu-central' is not an AWS region", id="half a region"),
        pytest.param({}, {"BUCKETOPS_REGION": "FRA1"}, "BUCKETOPS_REGION: 'FRA1' is not an AWS", id="Civo's region"),
        pytest.param({"civo_region": "fra1"}, {}, "'fra1' is not a Civo region", id="a region in lower case"),
        pytest.param({"node_size": "g4s.medium"}, {}, "'g4s.medium' is not a size", id="an instance's size"),
        pytest.param({"node_count": 0}, {}, "node_count in cdktf.json: 0 is not a number of nodes", id="no nodes"),
        pytest.param({"node_count": True}, {}, "True is not a number of nodes", id="true nodes"),
        pytest.param({}, {"BUCKETOPS_NODE_COUNT": "three"}, "'three' is not a number of nodes", id="three in words"),
        pytest.param({}, {"BUCKETOPS_NODE_COUNT": "-1"}, "'-1' is not a number of nodes", id="fewer than none"),
        pytest.param({"kubernetes_version": "1.35"}, {}, "'1.35' is not a k3s version", id="half a version"),
        pytest.param({"cluster_name": "a b"}, {}, "'a b' is not a name", id="a blank in a name"),
        pytest.param({"admin_cidrs": []}, {}, "[] is not a list", id="nobody may enter"),
        pytest.param({"admin_cidrs": [7]}, {}, "7 is not text", id="a number for a network"),
        pytest.param({"admin_cidrs": ["10.0.0.0/33"]}, {}, "'10.0.0.0/33' is not an IPv4 network", id="too narrow"),
        pytest.param({}, {"BUCKETOPS_ADMIN_CIDRS": "10.1.2.3/8"}, "did you mean '10.0.0.0/8'", id="host bits"),
        pytest.param({}, {"BUCKETOPS_ADMIN_CIDRS": "10.0.0.0/8,"}, "'' is not an IPv4 network", id="a comma too many"),
        pytest.param({"force_destroy": "maybe"}, {}, "'maybe' is not a choice", id="neither yes nor no"),
        pytest.param({"force_destroy": 1}, {}, "1 is not a choice, expected true or false", id="a number for yes"),
        pytest.param({"endpoint": "minio:9000"}, {}, "'minio:9000' is not the URL", id="no scheme"),
        pytest.param({}, {"AWS_ENDPOINT_URL": "ftp://a"}, "AWS_ENDPOINT_URL: 'ftp://a' is not", id="another scheme"),
        pytest.param({"endpoint": "https://a/b"}, {}, "'https://a/b' is not the URL", id="a path in the URL"),
        pytest.param(
            {"flux_repository": "charts.org"}, {}, "'charts.org' is not the URL of a chart", id="host of charts"
        ),
        pytest.param(
            {"flux_repository": "https://me:secret@charts.example.com"},
            {},
            "'https://...@charts.example.com' is not the URL of a chart repository",
            id="a password for charts",
        ),
        pytest.param(
            {"endpoint": "https://me:sec/r@t@s3.example.com"},
            {},
            "'https://...@s3.example.com' is not the URL of an S3 server",
            id="a password for the server",
        ),
        pytest.param({"flux_repository": "https://a:b/c"}, {}, "'https://a:b/c' is not", id="a port in letters"),
        pytest.param({"host": "localhost"}, {}, "'localhost' is not a host name", id="one label for a host"),
        pytest.param({"host": "192.0.2.1"}, {}, "'192.0.2.1' is not a host name", id="an address for a host"),
        pytest.param({"dns_domain": "example.com"}, {}, "dns_domain is 'example.com' but host", id="a domain alone"),
        pytest.param(
            {"host": "example.com", "dns_domain": "example.com"}, {}, "'shop.example.com'", id="the domain itself"
        ),
        pytest.param(
            {"host": "http://x", "dns_domain": "example.com"}, {}, "'http://x' is not a host", id="said once only"
        ),
        pytest.param({"state_bucket": "S"}, {}, "state_bucket in cdktf.json: 'S' is not", id="a bad state bucket"),
        pytest.param({"buckett": "x"}, {}, "buckett in cdktf.json: unknown setting, did you mean bucket", id="typo"),
        pytest.param(
            {}, {"BUCKETOPS_CIVO_REGON": "x"}, "unknown setting, did you mean BUCKETOPS_CIVO_REGION", id="typo there"
        ),
        pytest.param({"zzz": 1}, {}, "zzz in cdktf.json: unknown setting, known are bucket,", id="nothing near"),
    ],
)
def test_refuses(context, environment, problem):
    with pytest.raises(ConfigurationError) as error:
        read_settings({**BUCKET, **context}, environment)
    (line,) = error.value.problems
    assert problem in line
    assert "\n" not in line


def test_a_missing_bucket_is_said_with_what_to_do():
    with pytest.raises(ConfigurationError, match=r"^bucket is not set: choose a name .* or set BUCKETOPS_BUCKET$"):
        read_settings({"bucket": ""}, {})


def test_all_problems_are_said_at_once():
    with pytest.raises(ConfigurationError) as error:
        read_settings({"regoin": "x", "node_count": 0, "dns_domain": "example.com"}, {"BUCKETOPS_CIVO_REGION": "x"})
    assert [line.split(":")[0].split()[0] for line in error.value.problems] == [
        "regoin",
        "BUCKETOPS_CIVO_REGION",
        "node_count",
        "bucket",
        "dns_domain",
    ]
