"""The way out for a cluster that is gone, with the real Terraform on states as a deploy leaves them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/forget-cluster"


def resource(mode: str, kind: str, name: str) -> dict[str, Any]:
    provider = 'provider["terraform.io/builtin/terraform"]'
    instance = {"schema_version": 0, "attributes": {}, "sensitive_attributes": []}
    return {"mode": mode, "type": kind, "name": name, "provider": provider, "instances": [instance]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for stack in ("site", "flux"):
        folder = tmp_path / "cdktf.out/stacks" / stack
        folder.mkdir(parents=True)
        backend = {"local": {"path": f"../../../terraform.{stack}.tfstate"}}
        (folder / "cdk.tf.json").write_text(json.dumps({"terraform": {"backend": backend}}))
        state = {
            "version": 4,
            "terraform_version": "1.9.0",
            "serial": 1,
            "lineage": "3e6a8a0c-0000-4000-8000-000000000000",
            "outputs": {},
            "resources": [
                resource("managed", "kubernetes_manifest", "source_bucket"),
                resource("managed", "helm_release", "flux"),
                resource("data", "terraform_remote_state", "cross-stack-reference-input-cluster"),
                resource("data", "terraform_remote_state", "cross-stack-reference-input-bucket"),
                resource("managed", "terraform_data", "shop_publication_hook"),
            ],
        }
        (tmp_path / f"terraform.{stack}.tfstate").write_text(json.dumps(state))
        subprocess.run(["terraform", f"-chdir={folder}", "init"], check=True, capture_output=True, env=environment())
    return tmp_path


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TF_")}


def run(project: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([SCRIPT], cwd=project, capture_output=True, text=True, env=environment())


def test_what_lay_in_the_cluster_is_forgotten_and_nothing_else(project: Path) -> None:
    done = run(project)
    assert done.returncode == 0, done.stderr
    for stack in ("site", "flux"):
        state = json.loads((project / f"terraform.{stack}.tfstate").read_text())
        assert {one["name"] for one in state["resources"]} == {
            "cross-stack-reference-input-bucket",
            "shop_publication_hook",
        }
    assert run(project).returncode == 0  # twice does no harm


def test_a_project_that_was_never_deployed_is_told_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, "cdktf.out/stacks/site is not initialized" in done.stderr) == (1, True)
