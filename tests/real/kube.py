"""A small Kubernetes client on plain dicts, apart from the one the publisher uses: tests need a second opinion.

Kinds are written as in a manifest, apiVersion and kind: `v1/Secret`, `source.toolkit.fluxcd.io/v1/Bucket`.
"""

import base64
import json
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml

Manifest = dict[str, Any]
FIELD_MANAGER = "bucketops-tests"


class KubeError(Exception):
    """The API server refused; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Kube:
    server: str  # https://127.0.0.1:PORT
    context: ssl.SSLContext  # trusts the server and carries the client certificate

    def __init__(self, kubeconfig: Path) -> None:
        """Takes the current context; certificates and tokens, no login plugins."""
        config = yaml.safe_load(kubeconfig.read_text())
        chosen = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], chosen["cluster"])["cluster"]
        user = _named(config["users"], chosen["user"])["user"]
        self.server = cluster["server"].rstrip("/")
        self.context = _context(cluster, user)
        self._headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.context)]
        self._opener = urllib.request.build_opener(*handlers)
        self._resources: dict[str, Manifest] = {}

    def get(self, kind: str, name: str, namespace: str = "") -> Manifest | None:
        """The object, or None where there is none."""
        try:
            return self.request("GET", self.path(kind, name, namespace))
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    def list(self, kind: str, namespace: str = "", *, labels: str = "") -> list[Manifest]:
        query = f"?{urlencode({'labelSelector': labels})}" if labels else ""
        items: list[Manifest] = self.request("GET", self.path(kind, namespace=namespace) + query)["items"]
        return items

    def apply(self, *objects: Manifest, manager: str = FIELD_MANAGER) -> None:
        """Server-side apply, in the order given; takes over fields that others own."""
        for one in objects:
            meta = one["metadata"]
            path = self.path(f"{one['apiVersion']}/{one['kind']}", meta["name"], meta.get("namespace", ""))
            query = urlencode({"fieldManager": manager, "force": "true"})
            self.request("PATCH", f"{path}?{query}", one, content_type="application/apply-patch+yaml")

    def patch(self, kind: str, name: str, namespace: str = "", *, change: Manifest, status: bool = False) -> Manifest:
        """Merge patch: None removes a key."""
        path = self.path(kind, name, namespace) + ("/status" if status else "")
        return self.request("PATCH", path, change, content_type="application/merge-patch+json")

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        """Asks for it; finalizers may keep the object for a while. Deleting what is gone does no harm."""
        try:
            self.request("DELETE", self.path(kind, name, namespace), {"propagationPolicy": "Background"})
        except KubeError as error:
            if error.status != 404:
                raise

    def path(self, kind: str, name: str = "", namespace: str = "") -> str:
        version = kind.rpartition("/")[0]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if kind not in self._resources:
            found = self.request("GET", base)["resources"]
            # "buckets/status" has the same kind as "buckets".
            self._resources |= {f"{version}/{one['kind']}": one for one in found if "/" not in one["name"]}
        resource = self._resources[kind]
        scope = f"/namespaces/{quote(namespace)}" if resource["namespaced"] and namespace else ""
        return f"{base}{scope}/{resource['name']}" + (f"/{quote(name)}" if name else "")

    def request(
        self, method: str, path: str, body: Manifest | None = None, *, content_type: str = "application/json"
    ) -> Manifest:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Accept": "application/json", "Content-Type": content_type}
        request = urllib.request.Request(self.server + path, data, headers, method=method)
        try:
            with self._opener.open(request, timeout=60) as response:
                answer: Manifest = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            try:
                message = json.loads(text)["message"]
            except (ValueError, KeyError):
                message = text.decode(errors="replace")
            raise KubeError(error.code, message) from None


def _named(entries: list[Manifest], name: str) -> Manifest:
    return next(entry for entry in entries if entry["name"] == name)


def _context(cluster: Mapping[str, str], user: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=_pem(cluster, "certificate-authority") or None)
    if certificate := _pem(user, "client-certificate"):
        # The ssl module reads client certificates from files only.
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(certificate + _pem(user, "client-key"))
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _pem(entry: Mapping[str, str], name: str) -> str:
    """A kubeconfig holds a certificate or key as base64 or as the name of a file."""
    if data := entry.get(f"{name}-data"):
        return base64.b64decode(data).decode()
    return Path(entry[name]).read_text() if name in entry else ""
