"""What one kustomization does to the objects it gathers. Pure."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from upload.checks.finding import Finding
from upload.checks.manifest import Manifest
from upload.checks.nodes import child, text
from upload.objects import Reference

if TYPE_CHECKING:
    from upload.checks.nodes import Node

# These may rename or remove what was gathered, so that two objects that seem to collide above need not.
_CHANGES_NAMES = (
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "transformers",
    "replacements",
    "components",
)
# Kinds that no namespace is set for. A custom one that is missing here is compared, and nothing worse.
_CLUSTER_WIDE = {
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "CSIDriver",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
}
_NEVER_RENAMED = ("Namespace", "CustomResourceDefinition", "APIService")  # kustomize's namePrefix passes them by


class Entry(NamedTuple):
    """An object on its way up."""

    reference: Reference  # as the kustomizations so far have made it
    certain: bool  # nothing on the way could have renamed or removed it in a way that is not followed here
    manifest: Manifest


def duplicates(kustomization: str, entries: list[Entry]) -> Iterator[Finding]:
    """The objects that are gathered twice, which kustomize refuses, or the cluster would get in turns.

    They are taken out of `entries`, so that each is told once and not by every kustomization above.
    """
    first: dict[Reference, Entry] = {}
    for entry in list(entries):
        if not entry.certain:
            continue
        # kustomize and kubectl read no namespace as "default".
        key = entry.reference._replace(namespace=entry.reference.namespace or "default")
        known = first.setdefault(key, entry)
        if known is not entry:
            entries.remove(entry)
            yield _twice(kustomization, entry, known)


def transformed(entries: Iterable[Entry], kustomization: "Node") -> list[Entry]:
    """The objects as the kustomization hands them on: renamed, and in its namespace."""
    prefix, suffix = text(kustomization, "namePrefix"), text(kustomization, "nameSuffix")
    namespace = text(kustomization, "namespace")
    opaque = any(child(kustomization, field) is not None for field in _CHANGES_NAMES)

    def change(entry: Entry) -> Entry:
        reference = entry.reference
        if namespace and reference.kind == "Namespace":
            reference = reference._replace(name=namespace)  # kustomize renames these
        elif namespace and reference.kind not in _CLUSTER_WIDE:
            reference = reference._replace(namespace=namespace)
        if reference.kind not in _NEVER_RENAMED:
            reference = reference._replace(name=f"{prefix}{reference.name}{suffix}")
        return Entry(reference, entry.certain and not opaque, entry.manifest)

    return [change(entry) for entry in entries]


def _twice(kustomization: str, entry: Entry, known: Entry) -> Finding:
    here, there = entry.manifest, known.manifest
    if (here.path, here.line) == (there.path, there.line):
        message = f"{entry.reference} is reached in two ways from {kustomization}: name it once"
    else:
        message = f"{entry.reference} is there already, in {there.path}:{there.line}: remove one of them"
    return Finding(here.path, here.line, "duplicate", message)
