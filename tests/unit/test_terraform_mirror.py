from pathlib import Path

import pytest
from terraform_mirror import find_mirror

AWS = "registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def find(tmp_path: Path, **environment: str):  # type: ignore[no-untyped-def]
    return find_mirror(environment, home=tmp_path / "home", root=tmp_path, scratch=tmp_path / "scratch")


def test_without_a_mirror_everything_comes_from_the_registry(tmp_path: Path, home: Path) -> None:
    assert (find(tmp_path).found, find(tmp_path).variables) == (None, {})


@pytest.mark.parametrize("folder", ["home/.terraform.d/plugins", "home/.local/share/terraform/plugins"])
def test_terraforms_own_folders_need_no_configuration(tmp_path: Path, home: Path, folder: str) -> None:
    (tmp_path / folder / AWS).mkdir(parents=True)
    mirror = find(tmp_path)
    assert (mirror.found, mirror.variables) == (str(tmp_path / folder), {})


def test_a_folder_under_opt_is_configured_for_what_it_holds(tmp_path: Path, home: Path) -> None:
    (tmp_path / "opt/plugins" / AWS).mkdir(parents=True)
    mirror = find(tmp_path, TF_CLI_CONFIG_FILE=str(home / "missing"))
    written = Path(mirror.variables["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path    = "{tmp_path / "opt/plugins"}"' in written
    assert written.count('["registry.terraform.io/hashicorp/aws"]') == 2


def test_a_configuration_that_says_where_providers_come_from_stands(tmp_path: Path, home: Path) -> None:
    (tmp_path / "opt/plugins" / AWS).mkdir(parents=True)
    (home / ".terraformrc").write_text("provider_installation {\n  direct {}\n}\n")
    assert find(tmp_path).variables == {}


def test_other_settings_of_a_configuration_are_kept(tmp_path: Path, home: Path) -> None:
    (tmp_path / "opt/plugins" / AWS).mkdir(parents=True)
    (home / "own.tfrc").write_text('plugin_cache_dir = "cache"\n')
    mirror = find(tmp_path, TF_CLI_CONFIG_FILE=str(home / "own.tfrc"))
    assert Path(mirror.variables["TF_CLI_CONFIG_FILE"]).read_text().startswith('plugin_cache_dir = "cache"\n')
