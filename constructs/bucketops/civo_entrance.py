"""The way in from the web: an address and a firewall for load balancers at Civo."""

from cdktf import Fn, Token
from constructs import Construct

from bucketops import rules
from bucketops.arguments import check
from bucketops.civo import (
    CivoDnsDomainName,
    CivoDnsDomainRecord,
    CivoFirewall,
    CivoReservedIp,
    Rule,
)

TTL_SECONDS = 600


class CivoEntrance(Construct):
    """An address that is known before any load balancer exists, and the name that leads to it.

    A Service takes both by annotation: `kubernetes.civo.com/ipv4-address` and `.../firewall-id`. Without the
    latter Civo opens every port. The child ids `ip`, `firewall`, `domain` and `record` are interface.
    """

    ip: str
    firewall_id: str
    host: str
    address: CivoReservedIp  # both are for CivoCluster.destroyed_before
    firewall: CivoFirewall

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        network_id: str,
        host: str | None = None,  # else <ip-with-dashes>.sslip.io, which resolves to that address by itself
        dns_domain: str | None = None,  # a domain that exists at Civo: it gets a record for `host`
    ) -> None:
        check("name", name, rules.resource_name)
        check("region", region, rules.civo_region)
        if host is not None:
            check("host", host, rules.host_name)
        if dns_domain is not None:
            check("dns_domain", dns_domain, rules.host_name)
            _check_below(host, dns_domain)
        super().__init__(scope, id)
        self.address = CivoReservedIp(self, "ip", name=name, region=region)
        self.firewall = CivoFirewall(
            self,
            "firewall",
            name=f"{name}-web",
            region=region,
            network_id=network_id,
            ingress=[Rule(label="http", port_range="80"), Rule(label="https", port_range="443")],
        )
        self.ip = self.address.ip
        self.firewall_id = self.firewall.id
        self.host = host or f"{Fn.replace(self.ip, '.', '-')}.sslip.io"
        if host is not None and dns_domain is not None:
            domain = CivoDnsDomainName(self, "domain", name=dns_domain)
            CivoDnsDomainRecord(
                self,
                "record",
                domain_id=domain.id,
                name=host.removesuffix(f".{dns_domain}"),
                type="A",
                value=self.ip,
                ttl=TTL_SECONDS,
            )


def _check_below(host: str | None, dns_domain: str) -> None:
    known = host is not None and not Token.is_unresolved(host) and not Token.is_unresolved(dns_domain)
    # Not the domain itself either: Civo has no A record for it.
    if not known or not str(host).endswith(f".{dns_domain}"):
        raise ValueError(
            f"host: {host!r} is not a name below dns_domain {dns_domain!r}, expected text such as 'shop.{dns_domain}'"
        )
