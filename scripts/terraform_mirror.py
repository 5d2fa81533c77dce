"""Find Terraform providers on this machine, for offline use and for company mirrors.

Terraform itself looks at its CLI configuration and at the usual plugin folders. What it does not know is a folder
that BUCKETOPS_PROVIDER_MIRROR names, or one under /opt; and cdktf has to be told of all of them, because its
`providers lock` goes to the registry past any mirror.
"""

import json
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
    """Take what the CLI configuration says; without that, all folders together, each for the providers it holds.

    `scratch` takes the CLI configuration that is written for folders that Terraform does not know; settings of an
    existing one are kept in it. A TF_CLI_CONFIG_FILE that does not exist counts as none, as it does for Terraform.
    """
    named = Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")
    own = named.read_text() if named.is_file() else ""
    if re.search(r"^\s*provider_installation\s*{", own, re.MULTILINE):
        return Mirror(found=f"the CLI configuration {named}")
    usual = _holding_providers(_plugin_folders(environment, home, root))
    more = _holding_providers(_other_folders(environment, root))
    found = ", ".join(map(str, [*usual, *more])) or None
    if not more:
        return Mirror(found=found)
    scratch.mkdir(parents=True, exist_ok=True)
    written = scratch / "terraform.rc"
    # The usual ones, too: Terraform leaves them out once it is told where providers come from.
    written.write_text(own + _installation([*usual, *more]))
    return Mirror(found=found, variables={"TF_CLI_CONFIG_FILE": str(written.absolute())})


def _holding_providers(folders: Iterable[Path]) -> list[Path]:
    return [folder for folder in folders if (folder / _REGISTRY).is_dir()]


def _other_folders(environment: Mapping[str, str], root: Path) -> Iterable[Path]:
    named = environment.get("BUCKETOPS_PROVIDER_MIRROR") or ""
    yield from (Path(folder).absolute() for folder in named.split(os.pathsep) if folder)
    yield from sorted((root / "opt").glob("*"))


def _plugin_folders(environment: Mapping[str, str], home: Path, root: Path) -> Iterable[Path]:
    """Terraform's implied mirrors on Unix (terraform/internal/command/cliconfig, provider_installation docs)."""
    yield home / ".terraform.d/plugins"
    yield Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "terraform/plugins"
    for folder in (environment.get("XDG_DATA_DIRS") or "usr/local/share:usr/share").split(":"):
        yield root / folder / "terraform/plugins"
    yield home / "Library/Application Support/io.terraform/plugins"


def _installation(folders: Iterable[Path]) -> str:
    """What lies in a folder comes from there, everything else from the registry."""
    held = {folder: [f"{_REGISTRY}/{kind}" for kind in _providers(folder)] for folder in folders}
    mirrors = "".join(
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(folder))}\n    include = {json.dumps(sources)}\n  }}\n"
        for folder, sources in held.items()
    )
    mirrored = json.dumps(sorted({source for sources in held.values() for source in sources}))
    return f"\nprovider_installation {{\n{mirrors}  direct {{\n    exclude = {mirrored}\n  }}\n}}\n"


def _providers(folder: Path) -> list[str]:
    """As NAMESPACE/TYPE."""
    return sorted(f"{path.parent.name}/{path.name}" for path in (folder / _REGISTRY).glob("*/*"))


def environment_for(scratch: Path, environment: Mapping[str, str] = os.environ) -> tuple[dict[str, str], str | None]:
    """An environment made fit for Terraform, and which mirror was found, in words."""
    mirror = find_mirror(environment, home=Path.home(), root=Path("/"), scratch=scratch)
    fit = {**environment, **mirror.variables}
    if not Path(fit.get("TF_CLI_CONFIG_FILE", "")).is_file():
        fit.pop("TF_CLI_CONFIG_FILE", None)  # Terraform would warn at every call
    return fit, mirror.found
