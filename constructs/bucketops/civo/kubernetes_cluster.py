"""civo_kubernetes_cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from constructs import Construct

from bucketops.civo.element import CivoResource


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The cluster's own pool of nodes."""

    label: str  # is the pool's id: left out, the provider draws one at random
    size: str
    node_count: int

    def block(self) -> dict[str, Any]:
        return {"label": self.label, "size": self.size, "node_count": self.node_count}


class CivoKubernetesCluster(CivoResource):
    """A k3s cluster. Most of it cannot be changed later: region, network, cni, applications, the pool's size."""

    kubeconfig: str  # cluster-admin, in plain text in the state

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        network_id: str,
        firewall_id: str,  # of the same network
        kubernetes_version: str,
        cni: str,
        applications: str,  # "a,b", no blanks; "-a" leaves a default out
        pool: Pool,
        depends_on: Sequence[ITerraformDependable] | None = None,
        lifecycle: TerraformResourceLifecycle | None = None,
    ) -> None:
        attributes = {
            "name": name,
            "region": region,
            "network_id": network_id,
            "firewall_id": firewall_id,
            "cluster_type": "k3s",
            "kubernetes_version": kubernetes_version,
            "cni": cni,
            "applications": applications,
            "write_kubeconfig": True,  # else `kubeconfig` is empty, since provider 1.1.0
            "pools": [pool.block()],
        }
        super().__init__(
            scope,
            id,
            kind="civo_kubernetes_cluster",
            attributes=attributes,
            depends_on=depends_on,
            lifecycle=lifecycle,
        )
        self.kubeconfig = self.get_string_attribute("kubeconfig")
