"""The resources of the Terraform provider civo/civo, by hand: nobody publishes a prebuilt binding.

Only what the constructs use, with the provider's own names; `tests/schemas/civo.json` is what they are held to.
"""

from bucketops.civo.dns import CivoDnsDomainName, CivoDnsDomainRecord
from bucketops.civo.firewall import CivoFirewall, Rule
from bucketops.civo.kubernetes_cluster import CivoKubernetesCluster, Pool
from bucketops.civo.network import CivoNetwork
from bucketops.civo.provider import CivoProvider
from bucketops.civo.reserved_ip import CivoReservedIp

__all__ = [
    "CivoDnsDomainName",
    "CivoDnsDomainRecord",
    "CivoFirewall",
    "CivoKubernetesCluster",
    "CivoNetwork",
    "CivoProvider",
    "CivoReservedIp",
    "Pool",
    "Rule",
]
