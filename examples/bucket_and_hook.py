"""A bucket in AWS, and a hook that publishes to it: for a cluster that somebody else looks after.

    cdktf deploy -a "python examples/bucket_and_hook.py"

They get the bucket's name and the reader's key, and point a Bucket of their own to `live/`.
"""
# ruff: noqa: E402  (fast_synth has to come before jsii)

from pathlib import Path

from bucketops import fast_synth

fast_synth.install()

from bucketops import ManifestBucket, Publication
from cdktf import App, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

REGION = "eu-central-1"


class HandoverStack(TerraformStack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        AwsProvider(self, "aws", region=REGION)
        bucket = ManifestBucket(self, "bucket", bucket_name="example-com-manifests", region=REGION)
        publication = Publication(
            self,
            "publication",
            directory=Path(__file__).with_name("hello"),
            bucket_name=bucket.bucket_name,
            region=REGION,
        )
        TerraformOutput(self, "release", value=publication.release_id)
        TerraformOutput(self, "reader_key", value=bucket.access_key, sensitive=True)
        TerraformOutput(self, "reader_secret", value=bucket.secret_key, sensitive=True)


if __name__ == "__main__":
    app = App()
    HandoverStack(app, "handover")
    app.synth()
