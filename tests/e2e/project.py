"""Somebody's copy of the project, in which they run cdktf as `make bootstrap` and `make destroy` do."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from run_cdktf import ROOT, command

from tests.real.terraform import PRIVATE, providers


class CdktfFailed(Exception):
    """cdktf exited with an error; the message is what it printed."""


class Project:
    """`deploy` is the folder that is published; it begins empty."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, path: Path | None = None) -> None:
        """Programs in `path` are found before others."""
        self.folder, self.deploy, self._log = folder, folder / "deploy", folder / "cdktf.log"
        self.deploy.mkdir(parents=True, exist_ok=True)
        # Not the project's own deploy/: the charts that it names are on the internet.
        for name in ("main.py", "cdktf.json"):
            shutil.copy(ROOT / name, folder)
        private = (*PRIVATE, "BUCKETOPS_", "NODE_OPTIONS")  # the last is what fast_synth has set for this process
        plain = {name: value for name, value in os.environ.items() if not name.startswith(private)}
        found = {"PATH": os.pathsep.join([*([str(path)] if path else []), plain.get("PATH", os.defpath)])}
        self._environment = plain | found | {"CI": "1"} | environment | providers(folder)

    def start(self, *arguments: str, process_group: int | None = None) -> "subprocess.Popen[bytes]":
        """Comes back at once; `process_group` as in Popen."""
        line, environment = command([*arguments, "--auto-approve", "--no-color"], self.folder, self._environment)
        with self._log.open("wb") as log:
            return subprocess.Popen(
                line,
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=process_group,
            )

    def finish(self, process: "subprocess.Popen[bytes]") -> str:
        """What cdktf said. Raises CdktfFailed."""
        if process.wait():
            raise CdktfFailed(self.said())
        return self.said()

    def said(self) -> str:
        """What cdktf, that runs or that has ended, has said so far."""
        return self._log.read_text()

    def run(self, *arguments: str) -> str:
        """What cdktf said. Raises CdktfFailed."""
        return self.finish(self.start(*arguments))

    def plans(self) -> dict[str, str]:
        """What the next deploy would change in each stack: "no changes", or all that Terraform says."""
        _, environment = command([], self.folder, self._environment)
        running = {
            stack.name: subprocess.Popen(
                ["terraform", f"-chdir={stack}", "plan", "-detailed-exitcode", "-no-color", "-input=false"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for stack in (self.folder / "cdktf.out/stacks").iterdir()
        }
        said = {stack: process.communicate()[0] for stack, process in running.items()}
        return {stack: text if running[stack].returncode else "no changes" for stack, text in said.items()}

    def resources(self, stack: str) -> list[str]:
        """Types of what a stack has made and not removed."""
        return [one["type"] for one in self._state(stack)["resources"] if one["mode"] == "managed"]

    def outputs(self, stack: str) -> dict[str, str]:
        return {name: output["value"] for name, output in self._state(stack)["outputs"].items()}

    def _state(self, stack: str) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / f"terraform.{stack}.tfstate").read_text())
        return state
