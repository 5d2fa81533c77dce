"""civo_reserved_ip."""

from constructs import Construct

from bucketops.civo.element import CivoResource


class CivoReservedIp(CivoResource):
    """An address that stays while load balancers come and go."""

    ip: str

    def __init__(self, scope: Construct, id: str, *, name: str, region: str) -> None:
        super().__init__(scope, id, kind="civo_reserved_ip", attributes={"name": name, "region": region})
        self.ip = self.get_string_attribute("ip")
