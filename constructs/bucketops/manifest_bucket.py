"""An S3 bucket for manifests, and the identity Flux reads it with."""

import json
from typing import Any

from cdktf_cdktf_provider_aws.iam_access_key import IamAccessKey
from cdktf_cdktf_provider_aws.iam_user import IamUser
from cdktf_cdktf_provider_aws.iam_user_policy import IamUserPolicy
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from bucketops import rules
from bucketops.arguments import check, check_at_least, folder_prefix


class ManifestBucket(Construct):
    """A private, versioned bucket, and a user that can read `live/` below `prefix` and nothing else.

    The child ids are interface: renaming `bucket` destroys the releases, renaming `reader-key` locks Flux out.
    """

    bucket_name: str  # known to Terraform when the bucket keeps versions: what uses it cannot come too early
    region: str
    arn: str
    access_key: str  # the reader's
    secret_key: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        region: str,  # that of the provider; nothing is created elsewhere
        prefix: str = "",  # what the environment has before live/: "staging/"
        force_destroy: bool = False,  # destroy the bucket even with releases in it
        old_versions_days: int | None = 90,  # how long what was deleted can be brought back; None: for ever
        require_tls: bool = True,  # False for an S3 server that speaks plain http: it would refuse everybody
    ) -> None:
        check("bucket_name", bucket_name, rules.bucket_name)
        check("region", region, rules.aws_region)
        if old_versions_days is not None:
            check_at_least("old_versions_days", old_versions_days, 1)
        prefix = folder_prefix(prefix)
        super().__init__(scope, id)
        bucket = S3Bucket(self, "bucket", bucket=bucket_name, force_destroy=force_destroy, tags={"Name": bucket_name})
        versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        self._encrypt(bucket)
        if old_versions_days is not None:
            self._expire_versions(versioning, days=old_versions_days)
        self._keep_private(bucket, require_tls=require_tls)
        self._add_reader(bucket, name=bucket_name, prefix=prefix)
        self.bucket_name = versioning.bucket
        self.region = region
        self.arn = bucket.arn

    def _encrypt(self, bucket: S3Bucket) -> None:
        # With the keys of S3, not of KMS: ETags stay MD5 sums, by which the publisher knows what is there.
        sse = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(sse_algorithm="AES256")
        rule = S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=sse)
        S3BucketServerSideEncryptionConfigurationA(self, "encryption", bucket=bucket.id, rule=[rule])

    def _expire_versions(self, versioning: S3BucketVersioningA, *, days: int) -> None:
        rule = S3BucketLifecycleConfigurationRule(
            id="old-versions",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            noncurrent_version_expiration=[
                S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=days)
            ],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
            abort_incomplete_multipart_upload=[
                S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=1)
            ],
        )
        S3BucketLifecycleConfiguration(self, "lifecycle", bucket=versioning.bucket, rule=[rule])

    def _keep_private(self, bucket: S3Bucket, *, require_tls: bool) -> None:
        access = S3BucketPublicAccessBlock(
            self,
            "access",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        # One after the other: S3 answers changes at the same time with 409 OperationAborted.
        ownership = S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            depends_on=[access],
        )
        if require_tls:
            policy = json.dumps(_tls_only(bucket.arn))
            S3BucketPolicy(self, "policy", bucket=bucket.id, policy=policy, depends_on=[ownership])

    def _add_reader(self, bucket: S3Bucket, *, name: str, prefix: str) -> None:
        # Named like the bucket, told apart by the path: a suffix might not fit, 64 characters are allowed.
        reader = IamUser(self, "reader", name=name, path="/bucketops/reader/", tags={"Name": f"{name} reader"})
        policy = json.dumps(_read_live(bucket.arn, prefix))
        IamUserPolicy(self, "reader-policy", name="read-live", user=reader.name, policy=policy)
        key = IamAccessKey(self, "reader-key", user=reader.name)
        self.access_key = key.id
        self.secret_key = key.secret


def _tls_only(arn: str) -> dict[str, Any]:
    return _policy(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def _read_live(arn: str, prefix: str) -> dict[str, Any]:
    """What source-controller asks for, and no more.

    No s3:prefix condition on the list: it would deny the HEAD request Flux makes first. `.sourceignore` is read
    from the bucket's root whatever the prefix, and only "not found" is accepted there, not "forbidden".
    """
    return _policy(
        {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": [f"{arn}/{prefix}live/*", f"{arn}/.sourceignore"],
        },
    )


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
