"""What a cluster holds, of whatever kind."""

from tests.real.kube import Kube

# They come and go by themselves.
PASSING = frozenset({"APIService", "Event", "Lease", "ComponentStatus"})


def inventory(kube: Kube) -> set[str]:
    """Every object as `Kind namespace/name`, without those that the control plane keeps for itself."""
    groups = [group["preferredVersion"]["groupVersion"] for group in kube.request("GET", "/apis")["groups"]]
    kinds = {
        f"{version}/{one['kind']}": one["kind"]
        for version in ("v1", *groups)
        for one in kube.request("GET", f"/apis/{version}" if "/" in version else f"/api/{version}")["resources"]
        if "list" in one["verbs"] and one["kind"] not in PASSING
    }
    found = ((name, one["metadata"]) for kind, name in kinds.items() for one in kube.list(kind))
    return {
        f"{name} {meta.get('namespace', '')}/{meta['name']}"
        for name, meta in found
        if meta.get("namespace") != "kube-system" and meta["name"] != "kube-root-ca.crt"
    }
