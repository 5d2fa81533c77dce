"""What a publish would take out of the cluster, and whether that needs a second thought. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from upload.kustomize import FLUX_GROUP
from upload.objects import Objects, Reference

# A rename or a clean-up takes a few objects, a wrong directory or a lost line in a kustomization takes most of them.
# Ten, so that a site of twenty objects can drop a whole part of itself; a quarter, because big sites are moved in
# parts. Whoever means more says so once.
_ALWAYS_FINE = 10
_FINE_SHARE = 0.25

_DANGERS = {
    ("", "Namespace"): "deletes everything in it",
    ("", "PersistentVolumeClaim"): "deletes the data on it",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "deletes every object of its kind",
}
_NOTES = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): "uninstalls its chart",
    (FLUX_GROUP, "Kustomization"): "takes out what it has applied",
}
_SHOWN = 20  # lines of what is not dangerous
_PRUNE = f"{FLUX_GROUP}/prune"


class Removed(NamedTuple):
    """One object that would go."""

    reference: Reference
    effect: str  # what goes with it; "" for nothing else
    dangerous: bool

    def __str__(self) -> str:
        return f"{self.reference} ({self.effect})" if self.effect else str(self.reference)


@dataclass(frozen=True, kw_only=True)
class PruneGuard:
    """The verdict on a publish."""

    removed: tuple[Removed, ...]  # the dangerous ones first
    live: int  # how many objects the live release has

    @property
    def dangerous(self) -> tuple[Removed, ...]:
        """Those that take others, or data, with them."""
        return tuple(removed for removed in self.removed if removed.dangerous)

    @property
    def refused(self) -> bool:
        """Whether `--allow-prune` must be given."""
        return bool(self.dangerous) or len(self.removed) > max(_ALWAYS_FINE, _FINE_SHARE * self.live)

    def lines(self) -> list[str]:
        """For people: what would go, `!` before what is dangerous. [] for nothing."""
        if not self.removed:
            return []
        others = self.removed[len(self.dangerous) :]
        lines = [f"would remove {len(self.removed)} of {self.live} objects from the cluster"]
        lines += [f"! {removed}" for removed in self.dangerous]
        lines += [f"- {removed}" for removed in others[:_SHOWN]]
        if len(others) > _SHOWN:
            lines.append(f"- and {len(others) - _SHOWN} more")
        if self.refused:
            lines.append("if this is meant, publish with --allow-prune")
        return lines


def prune_guard(live: Objects, new: Collection[Reference]) -> PruneGuard:
    """Compare the objects of the live release with the ones of the next.

    Objects that Flux is told never to prune do not go. Where kustomize is missing, both are what reading the
    manifests gives (`build.build_both`).
    """
    kept = set(map(_identity, new))
    gone = [reference for reference, item in live.items() if _identity(reference) not in kept and not _is_kept(item)]
    removed = [_removed(reference) for reference in gone]
    return PruneGuard(
        removed=tuple(sorted(removed, key=lambda removed: (not removed.dangerous, removed.reference))),
        live=len(live),
    )


def _removed(reference: Reference) -> Removed:
    kind = (reference.group, reference.kind)
    return Removed(reference, _DANGERS.get(kind) or _NOTES.get(kind, ""), kind in _DANGERS)


def _identity(reference: Reference) -> Reference:
    # Writing out the namespace that was meant anyway removes nothing.
    return reference._replace(namespace=reference.namespace or "default")


def _is_kept(item: Mapping[str, Any]) -> bool:
    metadata = item.get("metadata") or {}
    marks = [metadata.get(field) or {} for field in ("labels", "annotations")]
    return any(str(mark.get(_PRUNE, "")).lower() == "disabled" for mark in marks)
