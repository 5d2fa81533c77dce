"""A bucket that Flux follows, with a tree of ConfigMaps that a person edits."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bucketops import manifests

from bench import corpus
from bench.watching import Watched, watching
from tests.real.flux import Flux
from tests.real.kube import Kube, Manifest
from tests.real.s3 import S3Server

BUCKET = f"{manifests.SOURCE_API}/Bucket"
KUSTOMIZATION = f"{manifests.KUSTOMIZE_API}/Kustomization"
CHANGED = 10  # objects, with each save


@dataclass(frozen=True, kw_only=True)
class Site:
    name: str  # of the bucket, the Secret, the Bucket, the Kustomization, and the namespace of the ConfigMaps
    namespace: str  # of the Flux objects
    tree: Path
    files: int
    kube: Kube
    bucket: Watched
    kustomization: Watched

    def edit(self, build: int) -> None:
        """Give ten objects, spread over the tree, another value; build 0 writes all of them."""
        paths = corpus.paths(self.files)
        for path in paths if build == 0 else paths[:: max(1, self.files // CHANGED)][:CHANGED]:
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            # JSON is YAML.
            (self.tree / path).write_text(json.dumps(self._config_map(Path(path).stem, build), indent=1))

    def _config_map(self, name: str, build: int) -> Manifest:
        data = {"build": str(build), "settings": "".join(f"{name}.option-{n} = {n * n}\n" for n in range(20))}
        meta = {"name": name, "namespace": self.name}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}

    def ask(self, request: str) -> None:
        """Have Flux fetch the bucket now."""
        change = {"metadata": {"annotations": {manifests.REQUESTED_AT: request}}}
        self.kube.patch(BUCKET, self.name, self.namespace, change=change)

    def fetched(self, *, after: float) -> tuple[float, str]:
        """When Flux had stored an artifact other than the one of that second, and the revision of it."""
        before = next((revision_of(one) for at, one in reversed(self.bucket.seen) if at <= after), "")
        what = f"{self.name} to be fetched"
        at = self.bucket.first(lambda one: revision_of(one) not in ("", before), after=after, what=what)
        return at, next(revision_of(one) for when, one in self.bucket.seen if when == at)


def revision_of(bucket: Manifest) -> str:
    """Of its artifact, "" before the first."""
    return bucket.get("status", {}).get("artifact", {}).get("revision", "")


@contextmanager
def running_site(
    flux: Flux,
    s3: S3Server,
    tree: Path,
    *,
    files: int,
    prefix: str,  # "live/" for a site that our publisher fills, "" for one that is mirrored
    interval: str = "1h",  # of the Bucket: so long that Flux does only what it is asked to do
    applied: bool = True,  # False: Flux fetches and applies nothing
) -> Iterator[Site]:
    """A new bucket with what Flux needs to follow it. What it has applied stays when the block ends."""
    kube, namespace, name = flux.cluster.kube, flux.namespace, tree.name
    s3.create_bucket(name)
    here = {"name": name, "namespace": namespace}
    keys = {"accesskey": s3.access_key, "secretkey": s3.secret_key}
    bucket = manifests.bucket(
        **here,
        bucket_name=name,
        endpoint=s3.host,
        insecure=True,
        region=s3.region,
        prefix=prefix,
        secret=name,
        interval=interval,
    )
    kustomization = manifests.kustomization(**here, bucket=name, path=f"./{prefix}", interval="1h", timeout_minutes=5)
    kube.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": here, "stringData": keys},
        bucket,
        *[kustomization] * applied,
    )
    with (
        watching(kube, BUCKET, name, namespace) as sources,
        watching(kube, KUSTOMIZATION, name, namespace) as kustomizations,
    ):
        site = Site(
            name=name,
            namespace=namespace,
            tree=tree,
            files=files,
            kube=kube,
            bucket=sources,
            kustomization=kustomizations,
        )
        sources.first(lambda one: revision_of(one) != "", after=0, what="the empty bucket to be fetched")
        try:
            yield site
        finally:
            # Suspended, not deleted: that would prune all it has applied, beside the next measurement.
            for kind in (BUCKET, KUSTOMIZATION) if applied else (BUCKET,):
                kube.patch(kind, name, namespace, change={"spec": {"suspend": True}})


def now() -> float:
    """The clock of the watches."""
    return time.monotonic()
