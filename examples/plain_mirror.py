"""A folder that others fill with `aws s3 sync`, read as it is.

    TF_VAR_access_key=... TF_VAR_secret_key=... cdktf deploy -a "python examples/plain_mirror.py"

It works, but without what a release gives: Flux may fetch a mix of two uploads, nothing can be rolled back, and
a deploy does not know what it waits for.
"""
# ruff: noqa: E402  (fast_synth has to come before jsii)

from bucketops import fast_synth

fast_synth.install()

from bucketops import FluxBucketSource
from bucketops.manifests import kustomization
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_kubernetes.manifest import Manifest
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
from constructs import Construct


class MirrorStack(TerraformStack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        KubernetesProvider(self, "kubernetes", config_path="~/.kube/config")
        access_key = TerraformVariable(self, "access_key", type="string", sensitive=True)
        secret_key = TerraformVariable(self, "secret_key", type="string", sensitive=True)
        source = FluxBucketSource(
            self,
            "source",
            name="mirror",
            secret_name="mirror-reader",
            bucket_name="example-com-mirror",
            region="eu-central-1",
            path="clusters/shop",
            access_key=access_key.string_value,
            secret_key=secret_key.string_value,
        )
        applied = kustomization(
            name="mirror",
            namespace=source.namespace,
            bucket=source.name,
            path=f"./{source.path}",
            interval="10m",
            timeout_minutes=5,
        )
        Manifest(self, "kustomization", manifest=applied, depends_on=[source.source])


if __name__ == "__main__":
    app = App()
    MirrorStack(app, "mirror")
    app.synth()
