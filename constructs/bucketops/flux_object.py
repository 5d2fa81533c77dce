"""How a Flux object is applied by Terraform: who owns its fields, and when it counts as done."""

from collections.abc import Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_kubernetes.manifest import (
    Manifest,
    ManifestFieldManager,
    ManifestTimeouts,
    ManifestWait,
    ManifestWaitCondition,
)
from constructs import Construct

from bucketops.manifests import handled

# Terraform outwaits Flux, so that what fails is Flux, with a reason, and not the wait for it.
MARGIN_MINUTES = 5


def flux_object(
    scope: Construct,
    id: str,
    *,
    manifest: dict[str, Any],
    wait: ManifestWait,
    timeout_minutes: int,  # Flux' own, rounded up
    depends_on: Sequence[ITerraformDependable] = (),
) -> Manifest:
    limit = f"{timeout_minutes + MARGIN_MINUTES}m"
    return Manifest(
        scope,
        id,
        manifest=manifest,
        wait=wait,
        timeouts=ManifestTimeouts(create=limit, update=limit, delete=limit),
        # `kubectl annotate` and our own `wait` write the annotation Terraform wrote, under another name; without
        # force the next apply ends in a conflict. `computed_fields` stays unset: its default, labels and
        # annotations, is what makes such a write no drift.
        field_manager=ManifestFieldManager(name="bucketops", force_conflicts=True),
        depends_on=list(depends_on),
    )


def until_ready() -> ManifestWait:
    """Done when Flux is content, for an object whose `requestedAt` is nobody's business."""
    return ManifestWait(condition=[ManifestWaitCondition(type="Ready", status="True")])


def until_handled(request: str) -> ManifestWait:
    """Done when Flux has answered this request and is content.

    Waiting for Ready alone would return at once on the Ready of the release before.
    """
    return ManifestWait(fields=handled(request))
