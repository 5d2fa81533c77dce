"""What Flux says of a revision: a verdict from the status of its objects. Pure.

The protocol is that of `flux reconcile`: an annotation asks for a reconcile, and the controller echoes it when it
is through (fluxcd/pkg runtime; kustomize-controller kustomization_controller.go).
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
_FAILED = ("FetchFailed", "StorageOperationFailed")
# Reasons for Ready=False that are no verdict: kustomize-controller begins anew by itself (kustomization_controller.go).
# It cancels health checks when the source or a watched ConfigMap has changed, though it may be at this revision.
_BEGINS_ANEW = ("HealthCheckCanceled", "DependencyNotReady")

Object = Mapping[str, Any]  # a Kubernetes object as the API gives it


class Verdict(NamedTuple):
    """How far an object is with a revision."""

    state: Literal["waiting", "done", "failed", "superseded"]
    message: str  # Flux's own, or what is waited for
    reason: str = ""  # of the condition: "HealthCheckFailed"


def judge_bucket(bucket: Object, *, revision: str, request: str) -> Verdict:
    """Whether a Bucket has fetched `revision`, after `request` was written into its annotation."""
    if bucket["spec"].get("suspend"):
        return Verdict("failed", f"Bucket {_name(bucket)} is suspended: resume it with `flux resume`", "Suspended")
    status = bucket.get("status", {})
    fetched = (status.get("artifact") or {}).get("revision")
    if fetched == revision:
        return Verdict("done", f"fetched {revision}")
    # Until it has answered our request, a failure may be one of before the publish.
    if status.get("lastHandledReconcileAt") != request:
        return Verdict("waiting", f"waiting for Bucket {_name(bucket)} to fetch")
    failed = next((found for kind in _FAILED if (found := condition(bucket, kind)).get("status") == "True"), None)
    ready = condition(bucket, "Ready")
    if failed or ready.get("status") == "False":
        why = failed or ready
        return Verdict("failed", str(why.get("message", "")), str(why.get("reason", "")))
    if ready.get("status") == "True":
        return Verdict("superseded", f"Flux fetched {fetched}: somebody published since, or it reads another bucket")
    return Verdict("waiting", str(ready.get("message", "")))


def judge_kustomization(kustomization: Object, *, revision: str) -> Verdict:
    """Whether a Kustomization has applied `revision` and found it healthy."""
    if kustomization["spec"].get("suspend"):
        text = f"Kustomization {_name(kustomization)} is suspended: resume it with `flux resume`"
        return Verdict("failed", text, "Suspended")
    status, ready = kustomization.get("status", {}), condition(kustomization, "Ready")
    message, reason = str(ready.get("message", "")), str(ready.get("reason", ""))
    current = status.get("observedGeneration") == kustomization["metadata"]["generation"]
    if status.get("lastAppliedRevision") == revision and ready.get("status") == "True" and current:
        return Verdict("done", message)
    if ready.get("status") == "False" and reason in _BEGINS_ANEW:
        return Verdict("waiting", message, reason)
    # Ready turns to Unknown before a revision is attempted, so False is said of this one.
    if status.get("lastAttemptedRevision") == revision and ready.get("status") == "False":
        return Verdict("failed", message, reason)
    progress = condition(kustomization, "Reconciling").get("message")
    return Verdict("waiting", str(progress or f"waiting for Kustomization {_name(kustomization)} to apply"), reason)


def condition(object: Object, kind: str) -> Mapping[str, Any]:
    """One condition of an object's status; empty if it has none of that type."""
    conditions: list[Mapping[str, Any]] = object.get("status", {}).get("conditions") or []
    return next((entry for entry in conditions if entry.get("type") == kind), {})


class Row(NamedTuple):
    """One line of `flux get`."""

    name: str  # Kind/name
    revision: str | None
    suspended: bool
    ready: str  # "True", "False", "Unknown"
    message: str


def row(object: Object) -> Row:
    """What `flux get` shows of a Bucket or Kustomization."""
    status, ready = object.get("status", {}), condition(object, "Ready")
    revision = (status.get("artifact") or {}).get("revision") or status.get("lastAppliedRevision")
    return Row(
        name=f"{object['kind']}/{object['metadata']['name']}",
        revision=revision,
        suspended=bool(object["spec"].get("suspend")),
        ready=str(ready.get("status", "False")),
        message=str(ready.get("message", "waiting to be reconciled")),
    )


class Reference(NamedTuple):
    """An object that Flux has applied."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


def inventory(kustomization: Object) -> list[Reference]:
    """What a Kustomization has applied (fluxcd/cli-utils object.ObjMetadata: namespace_name_group_kind)."""
    entries = (kustomization.get("status", {}).get("inventory") or {}).get("entries") or []
    found = []
    for entry in entries:
        namespace, _, rest = entry["id"].partition("_")
        rest, _, kind = rest.rpartition("_")
        name, _, group = rest.rpartition("_")
        # RBAC names may hold colons, which the id writes as "__".
        found.append(Reference(group, entry["v"], kind, namespace, name.replace("__", ":")))
    return found


def _name(object: Object) -> str:
    return f"{object['metadata']['namespace']}/{object['metadata']['name']}"
