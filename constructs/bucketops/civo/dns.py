"""civo_dns_domain_name, to look up, and civo_dns_domain_record."""

from cdktf import Postcondition, TerraformResourceLifecycle
from constructs import Construct

from bucketops.civo.element import CivoDataSource, CivoResource


class CivoDnsDomainName(CivoDataSource):
    """A domain that exists at Civo. Looked up, never owned: destroying it would take foreign records along."""

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        # Civo's client takes a domain that merely contains the text if there is just one: "example.com" finds
        # "myexample.com" (civogo dns.go, FindDNSDomain).
        exact = Postcondition(
            condition=f'${{self.name == "{name}"}}', error_message=f"no domain {name} in this Civo account"
        )
        super().__init__(
            scope,
            id,
            kind="civo_dns_domain_name",
            attributes={"name": name},
            lifecycle=TerraformResourceLifecycle(postcondition=[exact]),
        )


class CivoDnsDomainRecord(CivoResource):
    """One record of a domain."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_id: str,
        name: str,  # what stands before the domain: "shop"
        type: str,
        value: str,
        ttl: int,  # seconds; 600 to 3600 are allowed by every version of the provider
    ) -> None:
        attributes = {"domain_id": domain_id, "name": name, "type": type, "value": value, "ttl": ttl}
        super().__init__(scope, id, kind="civo_dns_domain_record", attributes=attributes)
