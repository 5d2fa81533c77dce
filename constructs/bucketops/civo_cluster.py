"""A Kubernetes cluster at Civo, with a network of its own."""

from collections.abc import Sequence

from cdktf import DataResource, Fn, LocalExecProvisioner, TerraformResource, TerraformResourceLifecycle, Token
from constructs import Construct

from bucketops import rules
from bucketops.arguments import check, check_at_least, check_each
from bucketops.civo import CivoFirewall, CivoKubernetesCluster, CivoNetwork, Pool, Rule

API_PORT = "6443"
# The API answers the delete of a cluster in 2 s; its nodes and load balancers hold the firewalls for 23 s more,
# and the provider tries to delete a firewall once.
SETTLE_SECONDS = 30


class CivoCluster(Construct):
    """A k3s cluster whose API only `admin_cidrs` reach, without Civo's default ingress.

    Terraform returns when the API answers, which is before the first node is ready: what is installed next has
    to wait by itself. The child ids `network`, `firewall`, `settle` and `cluster` are interface.
    """

    network_id: str
    kubeconfig: str  # cluster-admin; this and its parts below are for provider blocks
    host: str
    cluster_ca_certificate: str
    client_certificate: str
    client_key: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        admin_cidrs: Sequence[str],
        name: str = "civo-k3s-cluster",
        region: str = "FRA1",
        kubernetes_version: str = "1.35.0-k3s1",
        node_size: str = "g4s.kube.medium",
        node_count: int = 3,
    ) -> None:
        check_each("admin_cidrs", admin_cidrs, rules.cidr)
        check("name", name, rules.resource_name)
        check("region", region, rules.civo_region)
        check("kubernetes_version", kubernetes_version, rules.k3s_version)
        check("node_size", node_size, rules.node_size)
        check_at_least("node_count", node_count, 1)
        super().__init__(scope, id)
        network = CivoNetwork(self, "network", label=name, region=region)
        # Load balancers reach the nodes by private addresses: the API is all that comes in here.
        firewall = CivoFirewall(
            self,
            "firewall",
            name=f"{name}-api",
            region=region,
            network_id=network.id,
            ingress=[Rule(label="kubernetes api", port_range=API_PORT, cidrs=admin_cidrs)],
        )
        pause = LocalExecProvisioner(type="local-exec", when="destroy", command=f"sleep {SETTLE_SECONDS}")
        self._settle = DataResource(self, "settle", depends_on=[firewall], provisioners=[pause])
        cluster = CivoKubernetesCluster(
            self,
            "cluster",
            name=name,
            region=region,
            network_id=network.id,
            firewall_id=firewall.id,
            kubernetes_version=kubernetes_version,
            cni="cilium",  # flannel is being phased out
            applications="-traefik2-nodeport",  # it takes ports 80 and 443 of the nodes
            pool=Pool(label="nodes", size=node_size, node_count=node_count),
            depends_on=[self._settle],
            # Never read back by the provider: without this an imported cluster cannot be planned.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["applications"]),
        )
        self.network_id = network.id
        self.kubeconfig = cluster.kubeconfig
        self.host = self._of_kubeconfig("clusters", "cluster", "server")
        self.cluster_ca_certificate = self._decoded("clusters", "cluster", "certificate-authority-data")
        self.client_certificate = self._decoded("users", "user", "client-certificate-data")
        self.client_key = self._decoded("users", "user", "client-key-data")

    def destroyed_before(self, *resources: TerraformResource) -> None:
        """Keep what the cluster's load balancers use until they are gone: cluster, pause, then `resources`.

        For firewalls and addresses in the same stack that depend on nothing but the network.
        """
        before = self._settle.depends_on or []
        addresses = [f"{item.terraform_resource_type}.{item.friendly_unique_id}" for item in resources]
        self._settle.depends_on = [*before, *addresses]

    def _of_kubeconfig(self, list_name: str, item: str, key: str) -> str:
        kubeconfig = Fn.yamldecode(self.kubeconfig)
        return Token.as_string(Fn.lookup_nested(kubeconfig, [list_name, 0, item, key]))

    def _decoded(self, list_name: str, item: str, key: str) -> str:
        return Fn.base64decode(self._of_kubeconfig(list_name, item, key))
