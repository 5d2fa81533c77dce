"""Find Terraform providers on this machine, for offline use and for company mirrors.

Terraform itself looks at its CLI configuration and at the usual plugin folders. What it does not know is a folder
under /opt; and cdktf has to be told, because its `providers lock` goes to the registry past any mirror.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_REGISTRY = "registry.terraform.io"


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Where providers come from. `variables` belong into Terraform's environment."""

    found: str | None  # in words, for people; None: the registry
    variables: Mapping[str, str] = field(default_factory=dict)


def find_mirror(environment: Mapping[str, str], *, home: Path, root: Path, scratch: Path) -> Mirror:
    """Look in the CLI configuration, the usual folders and /opt, in this order.

    `scratch` takes the CLI configuration that is written for a folder under `root`/opt; settings of an existing
    one are kept in it. A TF_CLI_CONFIG_FILE that does not exist counts as none, as it does for Terraform.
    """
    named = Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")
    own = named.read_text() if named.is_file() else ""
    if re.search(r"^\s*provider_installation\s*{", own, re.MULTILINE):
        return Mirror(found=f"the CLI configuration {named}")
    for folder in _plugin_folders(environment, home, root):
        if (folder / _REGISTRY).is_dir():
            return Mirror(found=str(folder))
    for folder in sorted((root / "opt").glob("*")):
        if (folder / _REGISTRY).is_dir():
            scratch.mkdir(parents=True, exist_ok=True)
            written = scratch / "terraform.rc"
            written.write_text(own + _installation(folder))
            return Mirror(found=str(folder), variables={"TF_CLI_CONFIG_FILE": str(written.absolute())})
    return Mirror(found=None)


def _plugin_folders(environment: Mapping[str, str], home: Path, root: Path) -> Iterable[Path]:
    """Terraform's implied mirrors on Unix (terraform/internal/command/cliconfig, provider_installation docs)."""
    yield home / ".terraform.d/plugins"
    yield Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "terraform/plugins"
    for folder in (environment.get("XDG_DATA_DIRS") or "usr/local/share:usr/share").split(":"):
        yield root / folder / "terraform/plugins"
    yield home / "Library/Application Support/io.terraform/plugins"


def _installation(folder: Path) -> str:
    """What lies in the folder comes from there, everything else from the registry."""
    present = sorted(f"{_REGISTRY}/{path.parent.name}/{path.name}" for path in (folder / _REGISTRY).glob("*/*"))
    listed = ", ".join(f'"{source}"' for source in present)
    return f"""
provider_installation {{
  filesystem_mirror {{
    path    = "{folder}"
    include = [{listed}]
  }}
  direct {{
    exclude = [{listed}]
  }}
}}
"""


def environment_for(scratch: Path, environment: Mapping[str, str] = os.environ) -> tuple[dict[str, str], str | None]:
    """An environment made fit for Terraform, and which mirror was found, in words."""
    mirror = find_mirror(environment, home=Path.home(), root=Path("/"), scratch=scratch)
    fit = {**environment, **mirror.variables}
    if not Path(fit.get("TF_CLI_CONFIG_FILE", "")).is_file():
        fit.pop("TF_CLI_CONFIG_FILE", None)  # Terraform would warn at every call
    return fit, mirror.found
