"""Plays what Terraform and its kubernetes provider do with a synthesized stack; the tests' stand-in for both.

Where the provider's behaviour matters it is named: hashicorp/terraform-provider-kubernetes 2.38.0, manifest/.
"""

import base64
import copy
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from typing import Any

from tests.e2e.live_site import BUCKET, KUSTOMIZATION
from tests.real.kube import Kube, Manifest
from tests.real.waiting import wait_until

BUILT_IN = {"kubernetes_secret_v1": "Secret", "kubernetes_config_map_v1": "ConfigMap"}
Json = dict[str, Any]


class WaitFailed(Exception):
    """A wait block is not met."""


class Player:
    """`values` maps a pattern of a token's last part to what another stack would have put out."""

    def __init__(self, stack: Json, kube: Kube, values: Mapping[str, str]) -> None:
        self._kube = kube
        self._tokens = {rf"data\.[\w.-]+cross-stack-output-{pattern}\b": value for pattern, value in values.items()}
        self._resources: dict[str, Json] = {
            f"{kind}.{name}": self._resolved(body)
            for kind, bodies in stack["resource"].items()
            for name, body in bodies.items()
        }

    @property
    def release(self) -> str:
        return str(self.resource("terraform_data")["triggers_replace"]["release"])

    def resource(self, kind: str) -> Json:
        """The one of that type, which may be changed before the next apply."""
        (found,) = (body for address, body in self._resources.items() if address.startswith(f"{kind}."))
        return found

    def apply(self) -> None:
        """Raises WaitFailed if Flux has failed and a wait block is not met: Terraform waits on, until its timeout."""
        for address in self._order():
            kind, body = address.partition(".")[0], self._resources[address]
            if kind == "terraform_data":
                self._run_hook(body)
            else:
                manager = body.get("field_manager", {}).get("name", "Terraform")
                self._kube.apply(self._object(kind, body), manager=manager)
            if "wait" in body:
                self._wait(address)

    def destroy(self, *, after: Callable[[str], object] = lambda kind: None) -> None:
        """In the opposite order, each until it is gone; `after` is told what is."""
        for address in reversed(self._order()):
            kind, body = address.partition(".")[0], self._resources[address]
            if kind != "terraform_data":
                one = self._object(kind, body)
                id, meta = f"{one['apiVersion']}/{one['kind']}", one["metadata"]
                self._kube.delete(id, meta["name"], meta["namespace"])
                wait_until(
                    lambda id=id, meta=meta: self._kube.get(id, meta["name"], meta["namespace"]) is None, f"no {id}"
                )
                after(id)

    def fields(self, kind: str) -> dict[str, str]:
        """The `wait.fields` of the object of that kind."""
        wait = self._resources[self._address(kind)]["wait"]
        return {str(path): str(pattern) for path, pattern in wait.get("fields", {}).items()}

    def unmet(self, kind: str) -> dict[str, Any]:
        """Those that the object in the cluster does not match, and what it has there."""
        meta = self._resources[self._address(kind)]["manifest"]["metadata"]
        there = self._kube.get(kind, meta["name"], meta["namespace"]) or {}
        expected = self.fields(kind)
        for wanted in self._resources[self._address(kind)]["wait"].get("condition", ()):
            types = [one["type"] for one in there.get("status", {}).get("conditions", ())]
            at = types.index(wanted["type"]) if wanted["type"] in types else len(types)
            expected[f"status.conditions[{at}].status"] = wanted["status"]
        values = {path: _at(there, path) for path in expected}
        # Each value is a regular expression, found anywhere (waiter.go, FieldWaiter.Wait). A field of the schema that
        # is not there counts as empty text there, and never matches here.
        return {
            path: value
            for path, value in values.items()
            if value is None or not re.search(expected[path], _text(value))
        }

    def _wait(self, address: str) -> None:
        kind = BUCKET if self._resources[address]["manifest"]["kind"] == "Bucket" else KUSTOMIZATION
        wait_until(lambda: not self.unmet(kind) or self._has_failed(kind), f"the wait of {address}")
        if unmet := self.unmet(kind):
            raise WaitFailed(f"{address}: {unmet}")

    def _has_failed(self, kind: str) -> bool:
        meta = self._resources[self._address(kind)]["manifest"]["metadata"]
        status = (self._kube.get(kind, meta["name"], meta["namespace"]) or {}).get("status", {})
        ready = [one["status"] for one in status.get("conditions", ()) if one["type"] == "Ready"]
        return status.get("lastHandledReconcileAt") == self.release and ready == ["False"]

    def _address(self, kind: str) -> str:
        (found,) = (
            address
            for address, body in self._resources.items()
            if address.startswith("kubernetes_manifest.") and kind.endswith(f"/{body['manifest']['kind']}")
        )
        return found

    def _object(self, kind: str, body: Json) -> Manifest:
        if kind == "kubernetes_manifest":
            manifest: Manifest = body["manifest"]
            return manifest
        one = {"apiVersion": "v1", "kind": BUILT_IN[kind], "metadata": body["metadata"], "data": body["data"]}
        if kind == "kubernetes_secret_v1":
            one["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in body["data"].items()}
        return one

    def _run_hook(self, body: Json) -> None:
        for provisioner in body["provisioner"]:
            hook = provisioner["local-exec"]
            command = [*hook["interpreter"], hook["command"]]
            done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

    def _order(self) -> list[str]:
        graph = {address: body.get("depends_on", []) for address, body in self._resources.items()}
        return list(TopologicalSorter(graph).static_order())

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, str) or "${" not in value or "terraform_remote_state" not in value:
            return copy.copy(value)
        for pattern, known in self._tokens.items():
            value = re.sub(pattern, f'"{known}"', value)
        # The one function that the stack uses: replace("203.0.113.10", ".", "-").
        value = re.sub(r'replace\("([^"]*)", "([^"]*)", "([^"]*)"\)', lambda m: f'"{m[1].replace(m[2], m[3])}"', value)
        resolved = re.sub(r'\$\{"([^"]*)"\}', r"\1", value)
        assert "${" not in resolved, f"no value for {resolved}"
        return resolved


def _text(value: Any) -> str:
    """As waiter.go makes text of a field: booleans the way Go and JSON write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _at(value: Any, path: str) -> Any:
    """`status.conditions[0].type`; None where there is nothing."""
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError):
            return None
    return value
