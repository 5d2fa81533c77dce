"""A stranger's app for test_deploy.py: a bucket with a publication in it, and a bucket with all there is."""

import os

from bucketops import fast_synth

fast_synth.install()

from bucketops import ManifestBucket, Publication  # noqa: E402  (fast_synth has to come before jsii)
from cdktf import App, LocalBackend, TerraformOutput, TerraformStack  # noqa: E402
from cdktf_cdktf_provider_aws.provider import AwsProvider  # noqa: E402

REGION = "eu-central-1"


class Stack(TerraformStack):
    def __init__(self, scope: App, id: str) -> None:
        super().__init__(scope, id)
        LocalBackend(self, path=f"../../../terraform.{id}.tfstate")
        AwsProvider(self, "aws", region=REGION, s3_use_path_style=True)
        self.add_override("terraform.required_providers.aws.version", ">= 5.100, < 7")


class ShopStack(Stack):
    def __init__(self, scope: App, *, tree: str) -> None:
        super().__init__(scope, "shop")
        bucket = ManifestBucket(
            self,
            "bucket",
            bucket_name="stranger",
            region=REGION,
            force_destroy=True,
            old_versions_days=None,  # KeeperStack waits for those
            require_tls=False,
        )
        Publication(
            self,
            "publication",
            directory=tree,
            bucket_name=bucket.bucket_name,
            region=REGION,
            endpoint=os.environ["AWS_ENDPOINT_URL"],
        )
        TerraformOutput(self, "access_key", value=bucket.access_key, sensitive=True)
        TerraformOutput(self, "secret_key", value=bucket.secret_key, sensitive=True)


class KeeperStack(Stack):
    def __init__(self, scope: App) -> None:
        super().__init__(scope, "keeper")
        ManifestBucket(self, "bucket", bucket_name="keeper", region=REGION, old_versions_days=30)


app = App()
ShopStack(app, tree=os.environ["SHOP_TREE"])
KeeperStack(app)
app.synth()
