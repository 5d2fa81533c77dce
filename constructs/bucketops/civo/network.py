"""civo_network."""

from constructs import Construct

from bucketops.civo.element import CivoResource


class CivoNetwork(CivoResource):
    """A private network. Creating it also makes a firewall `<label>-default`, open and outside of Terraform."""

    def __init__(self, scope: Construct, id: str, *, label: str, region: str) -> None:
        super().__init__(scope, id, kind="civo_network", attributes={"label": label, "region": region})
