"""The way out when Flux is dead and its objects do not go away: `python scripts/strip_finalizers.py [KUBECONFIG]`.

Flux objects wait for their controller before they are deleted. Without one, `destroy` and the namespace hang. This
takes the finalizer from those that are being deleted, and from no others. What Flux applied stays in the cluster.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from lightkube import Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.types import PatchType

FINALIZER = "finalizers.fluxcd.io"
GROUPS = ".toolkit.fluxcd.io"


def strip(kubeconfig: Path | None) -> list[str]:
    """Let all Flux objects go that are being deleted; answers which, as "Kind namespace/name"."""
    config = KubeConfig.from_file(kubeconfig) if kubeconfig else KubeConfig.from_env()
    client = Client(config)
    try:
        return list(_strip(client))
    finally:
        client.close()


def _strip(client: Client) -> Iterator[str]:
    for crd in client.list(CustomResourceDefinition):
        if crd.spec.group.endswith(GROUPS):
            version = next(one.name for one in crd.spec.versions if one.storage)
            names = crd.spec.names
            kind = create_namespaced_resource(crd.spec.group, version, names.kind, names.plural)
            for one in client.list(kind, namespace="*"):
                held = one.metadata.finalizers or []
                if one.metadata.deletionTimestamp and FINALIZER in held:
                    name, namespace = one.metadata.name, one.metadata.namespace
                    change = {"metadata": {"finalizers": [other for other in held if other != FINALIZER]}}
                    # Merge: custom resources know no strategic merge and answer 415.
                    client.patch(kind, name, change, namespace=namespace, patch_type=PatchType.MERGE)
                    yield f"{names.kind} {namespace}/{name}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kubeconfig", nargs="?", type=Path, help="default: KUBECONFIG, else ~/.kube/config")
    done = strip(parser.parse_args().kubeconfig)
    print("\n".join(f"let go: {one}" for one in done) or "no Flux object is waiting to be deleted")
