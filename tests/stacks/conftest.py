"""Real cdktf, Terraform and AWS provider against an embedded S3.

The AWS provider waits 55 s for new lifecycle rules before it believes them (bucket_lifecycle_configuration.go,
waitLifecycleConfigEquals), so all first deploys start together and the tests of that one come last.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from embedded_s3 import embedded_s3
from publish.conftest import write_manifest
from run_cdktf import command

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass
class Project:
    """A directory in which somebody runs cdktf."""

    work: Path
    app: str
    stack: str
    environment: dict[str, str]
    first: "subprocess.Popen[str] | None" = field(default=None)

    def start(self) -> None:
        """Begin the first deploy and come back at once."""
        self.work.mkdir(parents=True)
        (self.work / "cdktf.json").write_text(json.dumps({"language": "python", "app": f"{sys.executable} {self.app}"}))
        self.first = self._popen("deploy", self.stack, "--auto-approve")

    def deployed(self) -> str:
        """What the first deploy said, once it is through."""
        assert self.first
        out, _ = self.first.communicate()
        assert self.first.returncode == 0, out
        return out

    def cdktf(self, *arguments: str) -> tuple[int, str]:
        process = self._popen(*arguments)
        out, _ = process.communicate()
        return process.returncode, out

    def plan(self) -> str:
        """What terraform would do to the stack as it was synthesized last: "no changes" or all it says."""
        _, environment = command([], self.work, self.environment)
        terraform = ["terraform", f"-chdir=cdktf.out/stacks/{self.stack}", "plan", "-detailed-exitcode", "-no-color"]
        done = subprocess.run(terraform, cwd=self.work, env=environment, capture_output=True, text=True)
        return "no changes" if done.returncode == 0 else done.stdout + done.stderr

    def outputs(self) -> dict[str, Any]:
        state = json.loads((self.work / f"terraform.{self.stack}.tfstate").read_text())
        return {name: output["value"] for name, output in state["outputs"].items()}

    def _popen(self, *arguments: str) -> "subprocess.Popen[str]":
        line, environment = command([*arguments, "--no-color"], self.work, self.environment)
        return subprocess.Popen(
            line, cwd=self.work, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


class Deploys:
    """All first deploys and the server they go to; they belong to the session."""

    def __init__(self, work: Path) -> None:
        self._open = ExitStack()
        self.url = self._open.enter_context(embedded_s3())
        # NODE_OPTIONS is what fast_synth has set for this process; the apps do so for themselves.
        foreign = ("AWS_", "BUCKETOPS_", "TF_VAR_", "TF_PLUGIN_CACHE_DIR", "PYTEST_", "NODE_OPTIONS")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "CI": "1"}
        self.tree = work / "tree"
        write_manifest(self.tree / "cart.yaml", "1")
        strangers = plain | own | {"SHOP_TREE": str(self.tree)}
        self.shop = Project(work / "shop", str(HERE / "shop_app.py"), "shop", strangers)
        self.keeper = Project(work / "keeper", str(HERE / "shop_app.py"), "keeper", strangers)
        main = {"BUCKETOPS_BUCKET": "demo-manifests"}
        self.main = Project(work / "main", str(ROOT / "main.py"), "bucket", plain | own | main)
        self._all = (self.keeper, self.shop, self.main)

    def start(self) -> None:
        for project in self._all:
            project.start()

    def close(self) -> None:
        for project in self._all:
            if project.first and project.first.poll() is None:
                project.first.terminate()
                project.first.communicate()
        self._open.close()


@pytest.fixture(scope="session")
def deploys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploys]:
    started = Deploys(tmp_path_factory.mktemp("stacks"))
    started.start()
    yield started
    started.close()


@pytest.fixture
def s3(deploys: Deploys) -> Iterator[Any]:
    import boto3

    yield boto3.client(
        "s3",
        endpoint_url=deploys.url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
