"""What the Civo resources have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import (
    ITerraformDependable,
    TerraformDataSource,
    TerraformProviderGeneratorMetadata,
    TerraformResource,
    TerraformResourceLifecycle,
)
from constructs import Construct

SOURCE = "civo/civo"
# 1.2.6 is the oldest with the pool fixes and the one the tests run; the attributes used here are the same up to
# 1.3.2, the newest known. The next major version may change them.
VERSION = ">= 1.2.6, < 2"

# cdktf takes the provider from here when it looks for a resource without one, and emits `provider_version`
# as it is: a constraint is allowed there.
METADATA = TerraformProviderGeneratorMetadata(
    provider_name="civo", provider_version=VERSION, provider_version_constraint=VERSION
)


def typed(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as `cdktf synth --hcl` wants them, which is the way out of CDKTF: with their types.

    Without it the resources would come out empty, and no error would say so.
    """
    return {name: _typed(value) for name, value in attributes.items()}


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            blocks = [typed(item) for item in value]
            return {"value": blocks, "isBlock": True, "type": "list", "storageClassType": "blockList"}
        return {"value": value, "isBlock": False, "type": "list", "storageClassType": "stringList"}
    kind = {bool: "boolean", int: "number"}.get(type(value), "string")
    return {"value": value, "isBlock": False, "type": "simple", "storageClassType": kind}


class CivoResource(TerraformResource):
    """Takes its attributes as they stand in the JSON."""

    id: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        kind: str,  # "civo_network"
        attributes: Mapping[str, Any],
        depends_on: Sequence[ITerraformDependable] | None = None,
        lifecycle: TerraformResourceLifecycle | None = None,
    ) -> None:
        self._attributes = attributes
        super().__init__(
            scope,
            id,
            terraform_resource_type=kind,
            terraform_generator_metadata=METADATA,
            depends_on=depends_on,
            lifecycle=lifecycle,
        )
        self.id = self.get_string_attribute("id")

    def _synthesize_attributes(self) -> Mapping[str, Any]:
        return self._attributes

    def _synthesize_hcl_attributes(self) -> Mapping[str, Any]:
        return typed(self._attributes)


class CivoDataSource(TerraformDataSource):
    """Takes its attributes as they stand in the JSON."""

    id: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        kind: str,
        attributes: Mapping[str, Any],
        lifecycle: TerraformResourceLifecycle | None = None,
    ) -> None:
        self._attributes = attributes
        super().__init__(
            scope,
            id,
            terraform_resource_type=kind,
            terraform_generator_metadata=METADATA,
            lifecycle=lifecycle,
        )
        self.id = self.get_string_attribute("id")

    def _synthesize_attributes(self) -> Mapping[str, Any]:
        return self._attributes

    def _synthesize_hcl_attributes(self) -> Mapping[str, Any]:
        return typed(self._attributes)
