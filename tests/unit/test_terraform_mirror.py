import json
import re
from pathlib import Path

import pytest
from terraform_mirror import Mirror, find_mirror

HOST = "registry.terraform.io"
AWS = f"{HOST}/hashicorp/aws/5.100.0/linux_amd64"
HELM = f"{HOST}/hashicorp/helm/3.1.1/linux_amd64"
CIVO = f"{HOST}/civo/civo/1.2.6/linux_amd64"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def find(tmp_path: Path, **environment: str) -> Mirror:
    return find_mirror(environment, home=tmp_path / "home", root=tmp_path, scratch=tmp_path / "scratch")


def test_without_a_mirror_everything_comes_from_the_registry(tmp_path: Path, home: Path) -> None:
    assert (find(tmp_path).found, find(tmp_path).variables) == (None, {})


@pytest.mark.parametrize("folder", ["home/.terraform.d/plugins", "home/.local/share/terraform/plugins"])
def test_terraforms_own_folders_need_no_configuration(tmp_path: Path, home: Path, folder: str) -> None:
    (tmp_path / folder / AWS).mkdir(parents=True)
    mirror = find(tmp_path)
    assert (mirror.found, mirror.variables) == (str(tmp_path / folder), {})


def sources(mirror: Mirror) -> dict[str, list[str]]:
    """What the configuration that was written takes from each folder, and never from the registry ("direct")."""
    written = Path(mirror.variables["TF_CLI_CONFIG_FILE"]).read_text()
    folders = re.findall(r'path    = "(.*)"\n    include = (.*)', written)
    (excluded,) = re.findall(r"direct {\n    exclude = (.*)", written)
    return {folder: json.loads(listed) for folder, listed in [*folders, ("direct", excluded)]}


def test_a_folder_under_opt_is_configured_for_what_it_holds(tmp_path: Path, home: Path) -> None:
    (tmp_path / "opt/plugins" / AWS).mkdir(parents=True)
    mirror = find(tmp_path, TF_CLI_CONFIG_FILE=str(home / "missing"))
    aws = [f"{HOST}/hashicorp/aws"]
    assert sources(mirror) == {str(tmp_path / "opt/plugins"): aws, "direct": aws}


def test_each_provider_comes_from_the_folder_that_holds_it_and_others_from_the_registry(
    tmp_path: Path, home: Path
) -> None:
    folders = {"home/.terraform.d/plugins": HELM, "named": CIVO, "opt/plugins": AWS}
    for folder, provider in folders.items():
        (tmp_path / folder / provider).mkdir(parents=True)
    mirror = find(tmp_path, BUCKETOPS_PROVIDER_MIRROR=str(tmp_path / "named"))
    assert sources(mirror) == {
        str(tmp_path / "home/.terraform.d/plugins"): [f"{HOST}/hashicorp/helm"],
        str(tmp_path / "named"): [f"{HOST}/civo/civo"],
        str(tmp_path / "opt/plugins"): [f"{HOST}/hashicorp/aws"],
        "direct": [f"{HOST}/civo/civo", f"{HOST}/hashicorp/aws", f"{HOST}/hashicorp/helm"],
    }
    assert mirror.found == ", ".join(str(tmp_path / folder) for folder in folders)


def test_a_configuration_that_says_where_providers_come_from_stands(tmp_path: Path, home: Path) -> None:
    (tmp_path / "opt/plugins" / AWS).mkdir(parents=True)
    (home / ".terraformrc").write_text("provider_installation {\n  direct {}\n}\n")
    assert find(tmp_path).variables == {}


def test_other_settings_of_a_configuration_are_kept(tmp_path: Path, home: Path) -> None:
    (tmp_path / "opt/plugins" / AWS).mkdir(parents=True)
    (home / "own.tfrc").write_text('plugin_cache_dir = "cache"\n')
    mirror = find(tmp_path, TF_CLI_CONFIG_FILE=str(home / "own.tfrc"))
    assert Path(mirror.variables["TF_CLI_CONFIG_FILE"]).read_text().startswith('plugin_cache_dir = "cache"\n')
