"""ManifestBucket in a stranger's stack."""

import json

import pytest
from bucketops import ManifestBucket
from cdktf_cdktf_provider_aws.provider import AwsProvider


@pytest.fixture
def bucket(synth):
    def build(**arguments):
        def add(stack):
            AwsProvider(stack, "aws", region="eu-central-1")
            ManifestBucket(stack, "b", **{"bucket_name": "manifests-of-mine", "region": "eu-central-1", **arguments})

        return synth(add)

    return build


def test_the_bucket_is_private_versioned_encrypted_and_named(bucket, only):
    stack = bucket()
    s3 = only(stack, "aws_s3_bucket")
    access = only(stack, "aws_s3_bucket_public_access_block")
    assert s3["bucket"] == s3["tags"]["Name"] == "manifests-of-mine"
    assert s3["force_destroy"] is False
    assert [value for key, value in access.items() if key != "bucket"] == [True] * 4
    assert only(stack, "aws_s3_bucket_ownership_controls")["rule"] == {"object_ownership": "BucketOwnerEnforced"}
    assert only(stack, "aws_s3_bucket_versioning")["versioning_configuration"] == {"status": "Enabled"}
    assert only(stack, "aws_s3_bucket_server_side_encryption_configuration")["rule"] == [
        {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    ]


def test_the_reader_may_list_the_bucket_and_read_live_and_nothing_else(bucket, only):
    stack = bucket()
    (name,) = stack["resource"]["aws_s3_bucket"]
    arn = f"${{aws_s3_bucket.{name}.arn}}"
    policy = json.loads(only(stack, "aws_iam_user_policy")["policy"])
    assert [(s["Effect"], s["Action"], s["Resource"], s.get("Condition")) for s in policy["Statement"]] == [
        ("Allow", "s3:ListBucket", arn, None),
        ("Allow", "s3:GetObject", [f"{arn}/live/*", f"{arn}/.sourceignore"], None),
    ]


def test_requests_without_tls_are_refused(bucket, only):
    (statement,) = json.loads(only(bucket(), "aws_s3_bucket_policy")["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_server_without_tls_does_not_refuse_everybody(bucket):
    assert "aws_s3_bucket_policy" not in bucket(require_tls=False)["resource"]


def test_old_versions_their_markers_and_broken_uploads_go_away(bucket, only):
    (rule,) = only(bucket(old_versions_days=7), "aws_s3_bucket_lifecycle_configuration")["rule"]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 7}]
    assert rule["expiration"] == [{"expired_object_delete_marker": True}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 1}]


def test_old_versions_stay_for_ever_if_asked_for(bucket):
    assert "aws_s3_bucket_lifecycle_configuration" not in bucket(old_versions_days=None)["resource"]


def test_the_longest_name_of_a_bucket_is_a_name_for_the_reader_too(bucket, only):
    longest = "a" * 63
    assert only(bucket(bucket_name=longest), "aws_iam_user")["name"] == longest


def test_who_uses_the_name_waits_until_versions_are_kept(synth):
    def add(stack):
        AwsProvider(stack, "aws", region="eu-central-1")
        made = ManifestBucket(stack, "b", bucket_name="manifests-of-mine", region="eu-central-1")
        stack.add_override("locals.name", made.bucket_name)

    assert synth(add)["locals"]["name"].startswith("${aws_s3_bucket_versioning.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"bucket_name": "My_Bucket"}, "bucket_name: 'My_Bucket' is not a bucket name", id="case"),
        pytest.param({"region": "Frankfurt"}, "region: 'Frankfurt' is not an AWS region", id="a place"),
        pytest.param({"old_versions_days": 0}, "old_versions_days: 0 is too small", id="no days"),
    ],
)
def test_fails_when_given(bucket, arguments, message):
    with pytest.raises(ValueError, match=message):
        bucket(**arguments)
