"""A bucket that the publisher fills, and Flux objects as the constructs make them, for one test.

`site.py` beside it is for the command line and runs it as a process; here the library is called, and may fail at will.
"""

import json
import uuid
from pathlib import Path
from typing import Any, Self

from bucketops import manifests

from tests.real.flux import Flux
from tests.real.kube import Manifest
from tests.real.s3 import S3Server
from tests.real.waiting import NeverHappened, wait_until
from upload.look import look
from upload.publishing import Published, carry_out
from upload.record import About
from upload.s3 import Bucket
from upload.source import read_tree
from upload.target import Target

BUCKET = f"{manifests.SOURCE_API}/Bucket"
KUSTOMIZATION = f"{manifests.KUSTOMIZE_API}/Kustomization"
CONFIG_MAP = "v1/ConfigMap"
WORKLOADS = "default"  # the namespace of what is published


class LiveSite:
    """`tree` is what is published. The names of its objects begin with the name of the site, so that none collide."""

    def __init__(self, flux: Flux, s3: S3Server, tree: Path, *, timeout_minutes: int = 1) -> None:
        self.name = f"site-{uuid.uuid4().hex[:8]}"
        self.flux, self.kube, self.s3, self.tree = flux, flux.cluster.kube, s3, tree
        self.namespace = flux.namespace
        s3.create_bucket(self.name)
        self.client: Any = s3.client()
        self.target = Target(bucket=self.name, region=s3.region, endpoint=s3.endpoint)
        self.bucket = Bucket(self.target)
        self._timeout_minutes = timeout_minutes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
        self.client.close()

    # What a person does.

    def write(self, path: str, *objects: Manifest, **config_maps: str) -> None:
        """Write a file of the tree: ConfigMaps by name and value, and whatever else. With neither, delete it."""
        (file := self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        content = [*(self.config_map(name, value) for name, value in config_maps.items()), *objects]
        # JSON is YAML.
        file.write_text("".join(f"---\n{json.dumps(one)}\n" for one in content))
        if not content:
            file.unlink()

    def config_map(self, name: str, value: str) -> Manifest:
        meta = {"name": f"{self.name}-{name}", "namespace": WORKLOADS}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"value": value}}

    def publish(self, *, bucket: Bucket | None = None, tree: Path | None = None) -> Published:
        """By our library, as `python -m upload` does; `bucket` may be a slow one."""
        to, found = bucket or self.bucket, read_tree(tree or self.tree, source=self.name)
        about = About(author="ada", host="workshop", commit=None, message=None)
        return carry_out(to, look(to, found.release), found.read, about=lambda: about)

    def deploy(self) -> None:
        """Secret, Bucket and Kustomization, as the constructs make them."""
        keys = {"accesskey": self.s3.access_key, "secretkey": self.s3.secret_key}
        here = {"name": self.name, "namespace": self.namespace}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": here, "stringData": keys}
        bucket = manifests.bucket(
            **here,
            bucket_name=self.name,
            endpoint=self.s3.host,
            insecure=True,
            region=self.s3.region,
            prefix="live/",
            secret=self.name,
            interval="1h",  # Flux does here what it is asked to do
        )
        self.kube.apply(secret, bucket, self.kustomization(self.name, path="./live"))

    def kustomization(self, name: str, *, path: str) -> Manifest:
        """A Flux Kustomization that reads this bucket."""
        return manifests.kustomization(
            name=name,
            namespace=self.namespace,
            bucket=self.name,
            path=path,
            interval="1h",
            timeout_minutes=self._timeout_minutes,
        )

    def remove(self) -> None:
        for kind in (KUSTOMIZATION, BUCKET, "v1/Secret"):
            self.kube.delete(kind, self.name, self.namespace)
            wait_until(lambda kind=kind: self.kube.get(kind, self.name, self.namespace) is None, f"{kind} to be gone")

    # What Flux does.

    def follow(self, revision: str) -> None:
        """Have Flux fetch, and wait until exactly this predicted revision is fetched, applied and healthy."""
        self.request(BUCKET)
        self.wait_applied(revision)

    def wait_applied(self, revision: str) -> None:
        def applied() -> bool:
            fetched = self.status(BUCKET).get("artifact", {}).get("revision")
            ours, ready = self.status(KUSTOMIZATION), self.condition(KUSTOMIZATION, "Ready")
            return (fetched, ours.get("lastAppliedRevision"), ready["status"]) == (revision, revision, "True")

        try:
            wait_until(applied, f"{revision} to be fetched and applied")
        except NeverHappened as error:
            raise NeverHappened(f"{error}: {self.status(BUCKET)} {self.status(KUSTOMIZATION)}") from None

    def see(self) -> None:
        """Return when Flux has looked at the bucket as it is now, and has applied it or failed to."""
        self.see_bucket()
        self._see(KUSTOMIZATION)

    def see_bucket(self) -> None:
        """Return when Flux has fetched the bucket as it is now, or failed to."""
        self._see(BUCKET)

    def _see(self, kind: str) -> None:
        request = self.request(kind)
        wait_until(lambda: self.status(kind).get("lastHandledReconcileAt") == request, f"{kind} to be reconciled")

    def request(self, kind: str) -> str:
        request = uuid.uuid4().hex
        change = {"metadata": {"annotations": {manifests.REQUESTED_AT: request}}}
        self.kube.patch(kind, self.name, self.namespace, change=change)
        return request

    def status(self, kind: str) -> Manifest:
        return (self.kube.get(kind, self.name, self.namespace) or {}).get("status", {})

    def condition(self, kind: str, type: str) -> Manifest:
        """The condition of that type; one that says nothing where there is none."""
        found = [one for one in self.status(kind).get("conditions", []) if one["type"] == type]
        return found[0] if found else {"type": type, "status": "", "reason": "", "message": ""}

    # What the cluster runs, and what lies in the bucket.

    def running(self) -> dict[str, str]:
        """Value of every ConfigMap by name."""
        return {name: one["data"]["value"] for name, one in self.config_maps().items()}

    def uids(self) -> dict[str, str]:
        """What tells an object that stayed from one that was pruned and made anew."""
        return {name: one["metadata"]["uid"] for name, one in self.config_maps().items()}

    def config_maps(self) -> dict[str, Manifest]:
        """Those with the name of the site, whoever made them."""
        found = {one["metadata"]["name"]: one for one in self.kube.list(CONFIG_MAP, WORKLOADS)}
        prefix = f"{self.name}-"
        return {name.removeprefix(prefix): one for name, one in found.items() if name.startswith(prefix)}

    def keys(self, prefix: str = "") -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", ())]
