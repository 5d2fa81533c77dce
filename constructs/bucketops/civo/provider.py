"""The provider civo/civo."""

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformProvider
from constructs import Construct

from bucketops.civo.element import METADATA, SOURCE, typed


class CivoProvider(TerraformProvider):
    """Takes the token from CIVO_TOKEN, and an API other than https://api.civo.com from CIVO_API_URL.

    There is no argument for the token on purpose: it would stand in the synthesized JSON.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        region: str,  # always: without one the account's default decides
    ) -> None:
        self._attributes = {"region": region}
        super().__init__(
            scope,
            id,
            terraform_resource_type="civo",
            terraform_provider_source=SOURCE,
            terraform_generator_metadata=METADATA,
        )

    def _synthesize_attributes(self) -> Mapping[str, Any]:
        return self._attributes

    def _synthesize_hcl_attributes(self) -> Mapping[str, Any]:
        return typed(self._attributes)
