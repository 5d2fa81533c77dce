"""The `site` stack for tests that apply it without the stacks before it."""

import json
import re
from pathlib import Path
from typing import Any

from tests.e2e.live_site import BUCKET, KUSTOMIZATION
from tests.e2e.stacks import synthesized
from tests.real.flux import Flux
from tests.real.s3 import S3Server
from tests.real.terraform import Terraform

NAMESPACE = "flux-system"
SECRET, CONFIG_MAP = "v1/Secret", "v1/ConfigMap"
NAMES = {
    SECRET: "flux-bucket-secret",
    CONFIG_MAP: "demo-kustomization-settings",
    BUCKET: "aws-bucket",
    KUSTOMIZATION: "demo-kustomization",
}
OUTPUT = "cross-stack-output-"


class SiteStack:
    """Synthesized anew for each deploy, as cdktf does. What is published is one ConfigMap."""

    def __init__(self, flux: Flux, s3: S3Server, work: Path) -> None:
        self.kube, self.s3, self.work, self._numbers = flux.cluster.kube, s3, work, iter(range(100))
        self.bucket = s3.create_bucket()
        self.deploy_folder = work / "deploy"
        self.deploy_folder.mkdir()
        self.write("1")
        # A pattern of the end of an output's name: what the stacks before it would have put out.
        self.values = {
            r"civo_reserved_ip\w+ip": "203.0.113.10",
            r"civo_firewall\w+id": "f1rewa11",
            r"civo_kubernetes_cluster\w+kubeconfig": flux.cluster.kubeconfig_text,
            r"aws_iam_access_key[\w-]+_\w+id": s3.access_key,
            r"aws_iam_access_key[\w-]+_\w+secret": s3.secret_key,
            r"aws_s3_bucket\w+bucket": self.bucket,
        }

    def write(self, value: str, *, host: str = "${host}", more: str = "") -> None:
        (self.deploy_folder / "shop.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site-stack-shop, namespace: default}\n"
            f"data: {{value: '{value}', host: '{host}'}}\n{more}"
        )

    def synthesized(self) -> dict[str, Any]:
        """All stacks; the others for the names of their outputs."""
        out = self.work / f"synth-{next(self._numbers)}"
        where = {"bucket": self.bucket, "region": self.s3.region, "endpoint": self.s3.endpoint}
        return synthesized(out, deploy=self.deploy_folder, **where)

    def runs(self) -> dict[str, str] | None:
        found = self.kube.get(CONFIG_MAP, "site-stack-shop", "default")
        return found and found["data"]

    def left(self) -> list[str]:
        return [kind for kind, name in NAMES.items() if self.kube.get(kind, name, NAMESPACE)]

    def uid(self, kind: str) -> str:
        """What tells an object that stayed from one that was removed and made anew."""
        return str((self.kube.get(kind, NAMES[kind], NAMESPACE) or {"metadata": {"uid": "none"}})["metadata"]["uid"])


class TerraformSite(SiteStack):
    """By the real Terraform and its kubernetes provider, with states of the other stacks as their deploys leave them.

    Raises ProviderMissing.
    """

    def __init__(self, flux: Flux, s3: S3Server, work: Path) -> None:
        super().__init__(flux, s3, work)
        stacks = self.synthesized()
        for name in ("cluster", "bucket"):
            outputs = {name: self._value(name) for name in stacks[name]["output"] if name.startswith(OUTPUT)}
            (work / f"terraform.{name}.tfstate").write_text(json.dumps(_state(outputs)))
        self.terraform = Terraform(work / "cdktf.out/stacks/site", stacks["site"], env=s3.env)

    def configure(self, **timeouts: str) -> None:
        """Synthesize; `timeouts` replace those of Bucket and Kustomization."""
        stack = self.synthesized()["site"]
        for body in stack["resource"]["kubernetes_manifest"].values():
            body["timeouts"] |= timeouts
        self.terraform.configure(stack)

    def deploy(self, **timeouts: str) -> str:
        self.configure(**timeouts)
        return self.terraform.apply()

    def address(self, kind: str) -> str:
        manifests = self.synthesized()["site"]["resource"]["kubernetes_manifest"].items()
        (name,) = (name for name, body in manifests if kind.endswith(f"/{body['manifest']['kind']}"))
        return f"kubernetes_manifest.{name}"

    def _value(self, output: str) -> str:
        (value,) = (value for end, value in self.values.items() if re.fullmatch(OUTPUT + end, output))
        return value


def _state(outputs: dict[str, str]) -> dict[str, Any]:
    values = {name: {"value": value, "type": "string", "sensitive": True} for name, value in outputs.items()}
    lineage = "3e6a8a0c-0000-4000-8000-000000000000"
    head = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": lineage}
    return {**head, "outputs": values, "resources": []}
