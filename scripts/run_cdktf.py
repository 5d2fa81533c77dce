"""Run the project's own cdktf with its own Python: `python scripts/run_cdktf.py deploy '*'`, from any directory.

Adds what a provider mirror and runs beside each other need, and nothing else: everything given is passed on.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from terraform_mirror import environment_for

ROOT = Path(__file__).resolve().parent.parent


def command(
    arguments: list[str], scratch: Path, environment: Mapping[str, str] = os.environ
) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment to run it in; `scratch` may get a CLI configuration for Terraform."""
    environment, found = environment_for(scratch, environment)
    # cdktf.json says `python main.py`, which has to be this Python.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    environment.setdefault("CHECKPOINT_DISABLE", "1")
    # cdktf sets up ~/.terraform.d/plugin-cache, in which two `terraform init` at once fail ("mkdir ...: file exists"):
    # Terraform's documentation calls it not safe for that. It saves nothing either: without a lock file, which
    # cdktf.out begins without, Terraform installs anew since 1.4.
    environment.setdefault("CDKTF_DISABLE_PLUGIN_CACHE_ENV", "1")
    # cdktf goes on to `terraform providers lock`, which asks the registry whatever mirror is set up.
    locking = ["--skip-provider-lock"] if found and arguments[:1] in (["deploy"], ["destroy"], ["diff"]) else []
    return [str(ROOT / "node_modules/.bin/cdktf"), *arguments, *locking], environment


if __name__ == "__main__":
    line, environment = command(sys.argv[1:], ROOT / ".tools")
    os.execve(line[0], line, environment)
