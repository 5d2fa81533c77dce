"""A directory of manifests that a cluster runs."""

from collections.abc import Mapping
from pathlib import Path

from cdktf_cdktf_provider_kubernetes.config_map_v1 import ConfigMapV1, ConfigMapV1Metadata
from cdktf_cdktf_provider_kubernetes.manifest import Manifest
from constructs import Construct

from bucketops import manifests, rules
from bucketops.arguments import check, check_at_least
from bucketops.flux_bucket_source import FluxBucketSource
from bucketops.flux_object import flux_object, until_handled
from bucketops.publication import Publication
from upload.release import LIVE


class BucketSite(Construct):
    """Publishes `directory`, makes Flux apply it, and is done when it is applied and healthy.

    Order: settings and the source's Secret, publication, Bucket, Kustomization; destroyed the other way round,
    so that Flux removes the workloads first. A release that does not build or gets not healthy fails the apply;
    the next good one heals. The child ids `settings`, `publication` and `kustomization` are interface.
    """

    release_id: str
    kustomization: Manifest  # depend on it to run after the release is healthy

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: FluxBucketSource,
        directory: str | Path,
        name: str = "demo-kustomization",
        settings: Mapping[str, str] | None = None,  # what replaces ${key} in the manifests; never a secret
        sops_secret: str | None = None,  # a Secret in the source's namespace, with the key of SOPS-encrypted manifests
        timeout_minutes: int = 5,  # for all of it to get healthy, or to go away
        interval: str = "10m",  # how often Flux repairs what was changed in the cluster by hand
    ) -> None:
        if not f"/{source.path}/".endswith(f"/{LIVE}"):
            raise ValueError(
                f"source: {source.path!r} is its path, expected {LIVE.rstrip('/')!r}, where releases are published, "
                "or that below a prefix"
            )
        check("name", name, rules.resource_name)
        check("interval", interval, rules.duration)
        if sops_secret is not None:
            check("sops_secret", sops_secret, rules.resource_name)
        check_at_least("timeout_minutes", timeout_minutes, 1)
        super().__init__(scope, id)
        # Before the publication: a cluster that cannot be reached, or a missing value, stops a deploy while the
        # old release is still live.
        values = self._settings(source, name=f"{name}-settings", data=settings) if settings else None
        publication = Publication(
            self,
            "publication",
            directory=directory,
            bucket_name=source.bucket_name,
            region=source.region,
            endpoint=source.endpoint,
            source_name=source.name,
            prefix=f"{source.path}/".removesuffix(LIVE),
            depends_on=[source.secret, *([values] if values else [])],
        )
        source.follow(publication)
        self.release_id = publication.release_id
        self.kustomization = flux_object(
            self,
            "kustomization",
            manifest=manifests.kustomization(
                name=name,
                namespace=source.namespace,
                bucket=source.name,
                path=f"./{source.path}",
                interval=interval,
                timeout_minutes=timeout_minutes,
                sops_secret=sops_secret,
                settings=f"{name}-settings" if values else None,
                requested_at=publication.release_id,
            ),
            wait=until_handled(publication.release_id),
            timeout_minutes=timeout_minutes,
            depends_on=[source.source],
        )

    def _settings(self, source: FluxBucketSource, *, name: str, data: Mapping[str, str]) -> ConfigMapV1:
        metadata = ConfigMapV1Metadata(name=name, namespace=source.namespace, labels=manifests.WATCHED)
        return ConfigMapV1(self, "settings", metadata=metadata, data=data)
