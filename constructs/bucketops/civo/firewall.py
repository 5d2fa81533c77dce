"""civo_firewall."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from constructs import Construct

from bucketops.civo.element import CivoResource

EVERYWHERE = ("0.0.0.0/0",)
ALL_PORTS = "1-65535"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Traffic that passes; what no rule of a firewall names does not."""

    label: str
    protocol: str = "tcp"  # or udp, icmp
    port_range: str  # "80" or "1-65535"
    cidrs: Sequence[str] = EVERYWHERE

    def block(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "protocol": self.protocol,
            "port_range": self.port_range,
            "cidr": list(self.cidrs),
            "action": "allow",
        }


# Without them nodes cannot even look up a name: both protocols, DNS is mostly udp.
EGRESS = (
    Rule(label="all tcp out", protocol="tcp", port_range=ALL_PORTS),
    Rule(label="all udp out", protocol="udp", port_range=ALL_PORTS),
)


class CivoFirewall(CivoResource):
    """A firewall with the given rules in and everything out, and none of Civo's own rules, which are wide open.

    The provider finds it by name after creating it: the name must be unique in the region.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        network_id: str,
        ingress: Sequence[Rule],
    ) -> None:
        attributes = {
            "name": name,
            "region": region,
            "network_id": network_id,
            "create_default_rules": False,
            "ingress_rule": [rule.block() for rule in ingress],
            "egress_rule": [rule.block() for rule in EGRESS],
        }
        super().__init__(scope, id, kind="civo_firewall", attributes=attributes)
