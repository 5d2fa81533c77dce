"""What `cdktf deploy` and `cdktf destroy` do, told as one story: each test goes on where the one before ended."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from embedded_s3 import enforcing
from publish.conftest import write_manifest

from stacks.conftest import Deploys
from upload.source import read_release

POINTER = "live/kustomization.yaml"


def live(s3: Any) -> str:
    content = s3.get_object(Bucket="stranger", Key=POINTER)["Body"].read().decode()
    found = re.search(r'resources: \["(\w+)"\]', content)
    assert found
    return found[1]


def test_deploy_makes_the_bucket_and_publishes_into_it(deploys: Deploys, s3: Any) -> None:
    said = deploys.shop.deployed()
    release = read_release(deploys.tree).id
    assert live(s3) == release
    assert f"release {release} is live, 2 files new" in said


@pytest.mark.parametrize(
    ("action", "arguments", "answer"),
    [
        pytest.param("list_objects_v2", {"Prefix": "live/"}, "allowed", id="lists"),
        pytest.param("get_object", {"Key": POINTER}, "allowed", id="reads live/"),
        pytest.param("get_object", {"Key": ".sourceignore"}, "NoSuchKey", id="is told that .sourceignore is missing"),
        pytest.param("get_object", {"Key": "history/x.json"}, "AccessDenied", id="cannot read history/"),
        pytest.param("get_object", {"Key": "lives"}, "AccessDenied", id="cannot read what only begins with live"),
        pytest.param("put_object", {"Key": POINTER, "Body": b""}, "AccessDenied", id="cannot write"),
        pytest.param("delete_object", {"Key": POINTER}, "AccessDenied", id="cannot delete"),
        pytest.param("delete_bucket", {}, "AccessDenied", id="cannot delete the bucket"),
    ],
)
def test_the_key_that_flux_gets_reads_live_and_nothing_else(
    deploys: Deploys, action: str, arguments: dict[str, Any], answer: str
) -> None:
    outputs = deploys.shop.outputs()
    reader = boto3.client(
        "s3",
        endpoint_url=deploys.url,
        region_name="eu-central-1",
        aws_access_key_id=outputs["access_key"],
        aws_secret_access_key=outputs["secret_key"],
    )
    with enforcing(deploys.url):
        try:
            getattr(reader, action)(Bucket="stranger", **arguments)
            got = "allowed"
        except ClientError as error:
            got = error.response["Error"]["Code"]
    assert got == answer


def test_after_that_there_is_nothing_to_change(deploys: Deploys) -> None:
    assert deploys.shop.plan() == "no changes"


def test_deploys_beside_each_other_share_no_plugin_cache(deploys: Deploys) -> None:
    """Terraform may fail where two fill one at once, as the first deploys of these tests do."""
    installed = list((deploys.shop.work / "cdktf.out/stacks/shop/.terraform/providers").glob("*/*/*/*/*"))
    assert installed
    assert not [place for place in installed if place.is_symlink() and "plugin-cache" in str(place.readlink())]


def test_a_changed_manifest_is_published_by_the_hook_and_nothing_else_is_touched(deploys: Deploys, s3: Any) -> None:
    before = live(s3)
    write_manifest(deploys.tree / "cart.yaml", "2")
    code, said = deploys.shop.cdktf("deploy", "shop", "--auto-approve")
    assert code == 0, said
    assert "Plan: 1 to add, 0 to change, 1 to destroy." in said
    assert live(s3) == read_release(deploys.tree).id != before


def test_a_hook_that_fails_fails_the_deploy_and_runs_again_at_the_next(deploys: Deploys, s3: Any) -> None:
    pointer = s3.get_object(Bucket="stranger", Key=POINTER)["Body"].read()
    s3.put_object(Bucket="stranger", Key=POINTER, Body=b"resources: [mine]\n")
    write_manifest(deploys.tree / "cart.yaml", "3")
    code, said = deploys.shop.cdktf("deploy", "shop", "--auto-approve")
    assert code == 1
    assert f"error: {POINTER} in s3://stranger at {deploys.url} was not written by bucketops" in said

    s3.put_object(Bucket="stranger", Key=POINTER, Body=pointer)
    code, said = deploys.shop.cdktf("deploy", "shop", "--auto-approve")
    assert code == 0, said
    assert live(s3) == read_release(deploys.tree).id


def test_the_credentials_of_the_publisher_are_nowhere_in_the_state(deploys: Deploys) -> None:
    text = (deploys.shop.work / "terraform.shop.tfstate").read_text()
    assert "AWS_SECRET_ACCESS_KEY" not in text
    assert str(deploys.tree) not in text


def test_destroy_removes_the_bucket_with_all_its_releases(deploys: Deploys, s3: Any) -> None:
    code, said = deploys.shop.cdktf("destroy", "shop", "--auto-approve")
    assert code == 0, said
    assert "stranger" not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def test_the_bucket_stack_of_main_deploys_and_names_what_it_made(deploys: Deploys) -> None:
    deploys.main.deployed()
    outputs = deploys.main.outputs()
    assert (outputs["bucket"], outputs["region"]) == ("demo-manifests", "eu-central-1")
    assert outputs["access_key"].startswith("AKIA")
    assert len(outputs["secret_key"]) == 40


def test_a_missing_bucket_name_is_one_line_and_not_a_traceback(deploys: Deploys, tmp_path: Path) -> None:
    environment = {name: value for name, value in deploys.main.environment.items() if name != "BUCKETOPS_BUCKET"}
    deploys.main.environment = environment
    code, said = deploys.main.cdktf("synth")
    assert code == 1
    assert "bucket" in said and "Traceback" not in said


def test_the_bucket_is_private_versioned_encrypted_and_keeps_old_versions_for_a_while(
    deploys: Deploys, s3: Any
) -> None:
    deploys.keeper.deployed()
    where = {"Bucket": "keeper"}
    assert s3.get_bucket_versioning(**where)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(**where)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(**where)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (rule,) = s3.get_bucket_lifecycle_configuration(**where)["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert s3.get_bucket_tagging(**where)["TagSet"] == [{"Key": "Name", "Value": "keeper"}]
