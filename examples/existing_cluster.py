"""A cluster that is there already, with Flux in it, and an S3 server of one's own: one site, nothing of Civo or AWS.

    TF_VAR_access_key=... TF_VAR_secret_key=... cdktf deploy -a "python examples/existing_cluster.py"

The publisher's own key is looked for where every AWS tool looks: AWS_ACCESS_KEY_ID, ~/.aws, ...
"""
# ruff: noqa: E402  (fast_synth has to come before jsii)

from pathlib import Path

from bucketops import fast_synth

fast_synth.install()

from bucketops import BucketSite, FluxBucketSource
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
from constructs import Construct


class HelloStack(TerraformStack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        KubernetesProvider(self, "kubernetes", config_path="~/.kube/config")
        # From TF_VAR_access_key and TF_VAR_secret_key: Terraform sees them, Python never does.
        access_key = TerraformVariable(self, "access_key", type="string", sensitive=True)
        secret_key = TerraformVariable(self, "secret_key", type="string", sensitive=True)
        source = FluxBucketSource(
            self,
            "source",
            name="hello",
            secret_name="hello-reader",
            bucket_name="manifests",
            region="us-east-1",
            endpoint="http://minio.example.internal:9000",
            access_key=access_key.string_value,
            secret_key=secret_key.string_value,
        )
        BucketSite(
            self,
            "site",
            name="hello",
            source=source,
            directory=Path(__file__).with_name("hello"),
            settings={"place": "a bucket"},
        )


if __name__ == "__main__":
    app = App()
    HelloStack(app, "hello")
    app.synth()
