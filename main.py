"""The demo of "Flux With Buckets" in four stacks: `cluster` and `bucket`, then `flux`, then `site`.

Wiring only. Providers, backends and outputs are here; what they wire together is in constructs/bucketops.
"""
# ruff: noqa: E402  (the imports that start jsii come after the settings are known to be good)

import os
import sys
from pathlib import Path

from bucketops import fast_synth
from bucketops.settings import ConfigurationError, Settings, read_settings

from upload.errors import UploadError
from upload.target import read_context

ROOT = Path(__file__).resolve().parent


def settings_or_exit() -> Settings:
    """A typo is answered in a tenth of a second and one line, not by cdktf's three tracebacks."""
    try:
        return read_settings(read_context(ROOT), os.environ)
    except (ConfigurationError, UploadError) as error:
        sys.exit(f"{error}")


fast_synth.install()
# Node 20 runs all of this. jsii's banner about its end of life would show up as nine lines of [ERROR]; the value
# names the version, warnings about others stay.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
SETTINGS = settings_or_exit() if __name__ == "__main__" else None

from bucketops import CivoCluster, CivoEntrance, FluxBucketSource, FluxInstall, ManifestBucket, SockShopSite
from bucketops.civo import CivoProvider
from bucketops.flux_install import REPOSITORY
from cdktf import App, LocalBackend, S3Backend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderEndpoints
from cdktf_cdktf_provider_helm.provider import HelmProvider, HelmProviderKubernetes
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
from constructs import Construct


class Stack(TerraformStack):
    """A stack with its state where the settings want it."""

    def __init__(self, scope: Construct, id: str, settings: Settings) -> None:
        super().__init__(scope, id)
        self._outputs = Construct(self, "outputs")  # a scope of their own: names may be those of constructs
        if settings.state_bucket is None:
            # Relative to cdktf.out/stacks/<id>, so beside cdktf.out: the default is an absolute path, and what
            # lies in cdktf.out is deleted with its stack.
            LocalBackend(self, path=f"../../../terraform.{id}.tfstate")
        else:
            # Never keys here: every stack that reads this one gets a copy of these lines.
            S3Backend(
                self,
                bucket=settings.state_bucket,
                key=f"bucketops/{id}.tfstate",
                region=settings.state_region,
                encrypt=True,
            ).add_override("use_lockfile", True)  # 0.21 has no argument for it

    def output(self, name: str, value: str, *, sensitive: bool = False) -> None:
        TerraformOutput(self._outputs, name, value=value, sensitive=sensitive, static_id=True)


class ClusterStack(Stack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "cluster", settings)
        CivoProvider(self, "civo", region=settings.civo_region)
        self.cluster = CivoCluster(
            self,
            "cluster",
            name=settings.cluster_name,
            region=settings.civo_region,
            kubernetes_version=settings.kubernetes_version,
            node_size=settings.node_size,
            node_count=settings.node_count,
            admin_cidrs=settings.admin_cidrs,
        )
        self.entrance = CivoEntrance(
            self,
            "entrance",
            name=settings.cluster_name,
            region=settings.civo_region,
            network_id=self.cluster.network_id,
            host=settings.host,
            dns_domain=settings.dns_domain,
        )
        self.cluster.destroyed_before(self.entrance.firewall, self.entrance.address)
        self.output("kubeconfig", self.cluster.kubeconfig, sensitive=True)


class BucketStack(Stack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "bucket", settings)
        url = settings.endpoint
        self._use_aws(region=settings.region, url=url)
        self.bucket = ManifestBucket(
            self,
            "bucket",
            bucket_name=settings.bucket,
            region=settings.region,
            prefix=settings.prefix or "",
            force_destroy=settings.force_destroy,
            # Few servers other than AWS know lifecycle rules, and the provider waits 55 s for one.
            old_versions_days=90 if url is None else None,
            require_tls=url is None or url.startswith("https:"),
        )
        self.output("bucket", self.bucket.bucket_name)
        self.output("region", self.bucket.region)
        self.output("access_key", self.bucket.access_key, sensitive=True)
        self.output("secret_key", self.bucket.secret_key, sensitive=True)

    def _use_aws(self, *, region: str, url: str | None) -> None:
        AwsProvider(
            self,
            "aws",
            region=region,
            endpoints=[AwsProviderEndpoints(s3=url, iam=url, sts=url)] if url else None,
            s3_use_path_style=True if url else None,  # few servers resolve <bucket>.<host>
        )
        # The bindings pin one version; all that is used here is the same from 5.100 on.
        self.add_override("terraform.required_providers.aws.version", ">= 5.100, < 7")


class FluxStack(Stack):
    def __init__(self, scope: Construct, settings: Settings, *, cluster: CivoCluster) -> None:
        super().__init__(scope, "flux", settings)
        access = HelmProviderKubernetes(
            host=cluster.host,
            cluster_ca_certificate=cluster.cluster_ca_certificate,
            client_certificate=cluster.client_certificate,
            client_key=cluster.client_key,
        )
        HelmProvider(self, "helm", kubernetes=access)
        use_kubernetes(self, cluster)
        FluxInstall(self, "flux", repository=settings.flux_repository or REPOSITORY)


class SiteStack(Stack):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        cluster: CivoCluster,
        entrance: CivoEntrance,
        bucket: ManifestBucket,
    ) -> None:
        super().__init__(scope, "site", settings)
        use_kubernetes(self, cluster)
        source = FluxBucketSource(
            self,
            "source",
            bucket_name=bucket.bucket_name,
            region=bucket.region,
            endpoint=settings.endpoint,
            path="/".join(filter(None, (settings.prefix, "live"))),
            access_key=bucket.access_key,
            secret_key=bucket.secret_key,
        )
        shop = SockShopSite(
            self,
            "shop",
            source=source,
            directory=ROOT / "deploy",
            host=entrance.host,
            load_balancer_ip=entrance.ip,
            load_balancer_firewall_id=entrance.firewall_id,
        )
        self.output("url", shop.url)


def use_kubernetes(stack: Stack, cluster: CivoCluster) -> None:
    KubernetesProvider(
        stack,
        "kubernetes",
        host=cluster.host,
        cluster_ca_certificate=cluster.cluster_ca_certificate,
        client_certificate=cluster.client_certificate,
        client_key=cluster.client_key,
    )


def build(app: App, settings: Settings) -> None:
    """Add the four stacks. Raises UploadError if `deploy/` cannot be published."""
    cluster = ClusterStack(app, settings)
    bucket = BucketStack(app, settings)
    flux = FluxStack(app, settings, cluster=cluster.cluster)
    site = SiteStack(app, settings, cluster=cluster.cluster, entrance=cluster.entrance, bucket=bucket.bucket)
    # Terraform cannot plan a custom resource before its CRD exists.
    site.add_dependency(flux)


if SETTINGS:
    app = App()
    try:
        build(app, SETTINGS)
    except UploadError as error:
        sys.exit(f"{error}")
    app.synth()
