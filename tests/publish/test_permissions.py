"""Refusals of a store that checks keys and policies, which moto does once it is told to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from embedded_s3 import embedded_s3, enforcing

from publish.conftest import REGION
from upload.cli import main


@pytest.fixture(scope="module")
def strict() -> Iterator[dict[str, str]]:
    """The URL of a server with a bucket `shop`, and the keys of a user that may only list and read."""
    with embedded_s3() as url:
        free: dict[str, Any] = {
            "endpoint_url": url,
            "region_name": REGION,
            "aws_access_key_id": "setup",
            "aws_secret_access_key": "setup",
        }
        iam, s3 = boto3.client("iam", **free), boto3.client("s3", **free)
        s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION})
        keys = {}
        for user, actions in (("reader", ["s3:ListBucket", "s3:GetObject"]), ("nobody", ["iam:GetUser"])):
            iam.create_user(UserName=user)
            statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
            key = iam.create_access_key(UserName=user)["AccessKey"]
            keys |= {user: key["AccessKeyId"], f"{user} secret": key["SecretAccessKey"]}
        with enforcing(url):
            yield {"url": url, **keys}


@pytest.mark.parametrize(
    ("key", "secret", "says"),
    [
        pytest.param("AKIAUNKNOWN", "not-the-secret", "the AWS access key is not known at", id="unknown key"),
        pytest.param("reader", "not-the-secret", "the AWS secret key is wrong for", id="wrong secret"),
        pytest.param("nobody", "nobody secret", "access denied to list live/ in shop: ", id="may not list"),
        pytest.param("reader", "reader secret", "access denied to write live/", id="may list but not write"),
    ],
)
def test_a_refusal_is_one_line_with_what_to_do_and_never_the_secret(
    strict: dict[str, str],
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str,
    secret: str,
    says: str,
) -> None:
    secret = strict.get(secret, secret)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", strict.get(key, key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    code = main(["publish", str(tree), "--bucket", "shop", "--endpoint", strict["url"], "--region", REGION])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (7, "", 1)
    assert err.startswith(f"error: {says}")
    assert secret not in err
