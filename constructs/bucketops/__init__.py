"""GitOps without Git: CDK for Terraform constructs for Flux on an S3 bucket.

Every name is loaded when it is first used (PEP 562): importing this package must start no jsii, or
`bucketops.fast_synth` would come too late.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketops.bucket_site import BucketSite
    from bucketops.civo_cluster import CivoCluster
    from bucketops.civo_entrance import CivoEntrance
    from bucketops.flux_bucket_source import FluxBucketSource
    from bucketops.flux_install import FluxInstall
    from bucketops.manifest_bucket import ManifestBucket
    from bucketops.publication import Publication
    from bucketops.sock_shop_site import SockShopSite

__all__ = [
    "BucketSite",
    "CivoCluster",
    "CivoEntrance",
    "FluxBucketSource",
    "FluxInstall",
    "ManifestBucket",
    "Publication",
    "SockShopSite",
]

_MODULES = {
    "BucketSite": "bucket_site",
    "CivoCluster": "civo_cluster",
    "CivoEntrance": "civo_entrance",
    "FluxBucketSource": "flux_bucket_source",
    "FluxInstall": "flux_install",
    "ManifestBucket": "manifest_bucket",
    "Publication": "publication",
    "SockShopSite": "sock_shop_site",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value  # the next access does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
