"""The demo site of `deploy/`: Sock Shop behind Contour."""

from pathlib import Path

from constructs import Construct

from bucketops.bucket_site import BucketSite
from bucketops.flux_bucket_source import FluxBucketSource

# HelmRelease 20m < Kustomization 25m < Terraform 30m: the shop's databases alone take 6 to get ready.
TIMEOUT_MINUTES = 25


class SockShopSite(BucketSite):
    """A BucketSite whose manifests take `${host}`, `${lb_ip}` and `${lb_firewall_id}`."""

    url: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: FluxBucketSource,
        directory: str | Path,
        host: str,
        load_balancer_ip: str,
        load_balancer_firewall_id: str,
    ) -> None:
        super().__init__(
            scope,
            id,
            source=source,
            directory=directory,
            settings={
                "host": host,
                "lb_ip": load_balancer_ip,
                "lb_firewall_id": load_balancer_firewall_id,
            },
            timeout_minutes=TIMEOUT_MINUTES,
        )
        self.url = f"http://{host}"
