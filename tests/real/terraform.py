"""Real terraform in a folder of its own, with the providers that were built here."""

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from terraform_mirror import environment_for

from tests.real import programs

PROVIDERS = {"civo/civo": "terraform-provider-civo"}  # source address -> program
MORE_PROVIDERS = "BUCKETOPS_PROVIDER_MIRROR"
PRIVATE = ("AWS_", "CIVO_", "KUBE", "TF_", "HELM_")


class TerraformFailed(Exception):
    """terraform exited with an error; the message is what it printed."""


class ProviderMissing(TerraformFailed):
    """Providers lie in no mirror, and the registry does not have them or does not answer; the message names them."""


class Terraform:
    """One root module with local state. Every call returns what terraform printed on both streams."""

    def __init__(self, folder: Path, configuration: Mapping[str, Any], *, env: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(configuration)
        # Whoever runs the tests may be logged in somewhere: nothing here may reach a real account.
        safe = {key: value for key, value in os.environ.items() if not key.startswith(PRIVATE)}
        self.env = {**safe, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **env}
        self.env, _ = environment_for(folder, self.env | providers(folder))
        self.init()

    def configure(self, configuration: Mapping[str, Any]) -> None:
        """Replaces the root module, as a new synth would."""
        (self.folder / "cdk.tf.json").write_text(json.dumps(configuration))

    def init(self) -> str:
        try:
            return self.run("init")
        except TerraformFailed as error:
            if missing := missing_providers(str(error)):
                raise ProviderMissing(f"provider {missing}") from error
            raise

    def apply(self, *options: str) -> str:
        return self.run("apply", "-auto-approve", *options)

    def destroy(self, *options: str) -> str:
        return self.run("destroy", "-auto-approve", *options)

    def plan_changes(self) -> bool:
        """Whether an apply would change anything."""
        return self._exit_code("plan", "-detailed-exitcode", allowed=(0, 2))[0] == 2

    def state(self) -> list[str]:
        """Addresses of what the state holds."""
        return self.run("state", "list").split()

    def output(self, name: str) -> Any:
        return json.loads(self.run("output", "-json", name))

    def run(self, *arguments: str) -> str:
        return self._exit_code(*arguments, allowed=(0,))[1]

    def start_apply(self) -> "subprocess.Popen[bytes]":
        """Comes back at once; leads a process group of its own, which its providers share, for tests that end it."""
        line = self._line("apply", "-auto-approve")
        return subprocess.Popen(
            line, cwd=self.folder, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, process_group=0
        )

    def _exit_code(self, *arguments: str, allowed: tuple[int, ...]) -> tuple[int, str]:
        done = subprocess.run(
            self._line(*arguments),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode not in allowed:
            raise TerraformFailed(done.stdout)
        return done.returncode, done.stdout

    @staticmethod
    def _line(command: str, *rest: str) -> list[str]:
        options = [] if command in ("state", "output", "untaint") else ["-no-color", "-input=false"]
        return ["terraform", command, *options, *rest]


def missing_providers(said: str) -> str:
    """Those that `terraform init` has found nowhere; "" if that is not its trouble."""
    return ", ".join(sorted(re.findall(r"available versions for provider\s+([\w./-]+):", said)))


def providers(folder: Path) -> dict[str, str]:
    """For the environment of scripts/terraform_mirror.py: ours from where they were built, others as it finds them.

    What the person's own CLI configuration says stays out: it may know no way to ours.
    """
    nothing = folder / "nothing.tfrc"
    nothing.touch()
    folders = [str(_mirror()), *filter(None, [os.environ.get(MORE_PROVIDERS)])]
    return {"TF_CLI_CONFIG_FILE": str(nothing), MORE_PROVIDERS: os.pathsep.join(folders)}


@cache
def _mirror() -> Path:
    """A folder of links, because terraform demands its own layout: HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/FILE."""
    root = programs.cache() / "terraform"
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for address, program in PROVIDERS.items():
        version = programs.PROGRAMS[program].version
        place = root / _registry_host(root) / address / version.removeprefix("v")
        link = place / f"{platform.system().lower()}_{machine.lower()}" / f"{program}_{version}"
        link.parent.mkdir(parents=True, exist_ok=True)
        # Made beside it, then renamed: another run may be doing the same.
        fresh = root / f"{program}.{os.getpid()}"
        fresh.symlink_to(programs.executable(program))
        fresh.replace(link)
    return root


def _registry_host(root: Path) -> str:
    """Terraform's default registry, which is part of every provider's address; asked, not written down."""
    folder = root / f"ask.{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    needed = {"terraform": {"required_providers": {"civo": {"source": "civo/civo"}}}}
    (folder / "main.tf.json").write_text(json.dumps(needed))
    answer = subprocess.run(["terraform", "providers"], cwd=folder, capture_output=True, text=True, check=True)
    shutil.rmtree(folder)
    found = re.search(r"provider\[([^/\]]+)/civo/civo\]", answer.stdout)
    assert found, answer.stdout
    return found.group(1)
