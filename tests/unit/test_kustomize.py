import json
from typing import Any

import pytest
import yaml

from upload.kustomize import Nested, generate, nested_in, pointer, points_to

ID = "3f9a1c0b7d21"


def resources(content: bytes) -> list[str]:
    found: list[str] = yaml.safe_load(content)["resources"]
    return found


@pytest.mark.parametrize(
    ("directory", "paths", "expected"),
    [
        pytest.param("", ["b.yaml", "a.yml", "notes.txt"], ["a.yml", "b.yaml"], id="manifests, and nothing else"),
        pytest.param("", ["a/b/c.yaml"], ["a/b/c.yaml"], id="manifests in folders"),
        pytest.param(
            "", ["a/kustomization.yaml", "a/b.yaml", "c.yaml"], ["a", "c.yaml"], id="a folder with its own file"
        ),
        pytest.param("", ["a/Kustomization", "a/b/c.yaml"], ["a"], id="the other name of the file"),
        pytest.param("", ["a/kustomization.yml", "a/b/kustomization.yaml"], ["a"], id="the outermost folder counts"),
        pytest.param("", ["ab/x.yaml", "a/kustomization.yaml"], ["a", "ab/x.yaml"], id="names that begin alike"),
        pytest.param("apps", ["apps/a.yaml", "infra/b.yaml"], ["a.yaml"], id="below another root"),
        pytest.param("", ["a b#é.yaml"], ["a b#é.yaml"], id="a name that YAML must quote"),
    ],
)
def test_generates_what_flux_would(directory: str, paths: list[str], expected: list[str]) -> None:
    assert resources(generate(directory, paths)) == expected


def test_the_pointer_names_the_release_as_text() -> None:
    assert resources(pointer("123456789012", [])) == ["123456789012"]
    assert resources(pointer("1234567e8901", [])) == ["1234567e8901"]


@pytest.mark.parametrize("nested", [[], [Nested("apps", None, "apps")]], ids=["plain", "with patches"])
def test_the_release_can_be_read_back_from_the_pointer(nested: list[Nested]) -> None:
    assert points_to(pointer(ID, nested)) == ID


@pytest.mark.parametrize("content", [b"", b"resources: [shop]\n", b'resources: ["shop"]\n', b"\xff"])
def test_other_kustomization_files_are_no_pointers(content: bytes) -> None:
    assert points_to(content) is None


def test_the_pointer_leads_nested_flux_kustomizations_into_the_release() -> None:
    nested = [Nested("apps.v1", "flux-system", "apps"), Nested("root", None, "")]
    first, second = yaml.safe_load(pointer(ID, nested))["patches"]
    assert first["target"] == {
        "group": "kustomize.toolkit.fluxcd.io",
        "kind": "Kustomization",
        "name": "apps\\.v1",
        "namespace": "flux-system",
    }
    assert json.loads(first["patch"]) == [{"op": "add", "path": "/spec/path", "value": f"./live/{ID}/apps"}]
    assert json.loads(second["patch"])[0]["value"] == f"./live/{ID}"


def flux_kustomization(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps"},
        "spec": {"sourceRef": {"kind": "Bucket", "name": "aws-bucket"}, **spec},
    }


@pytest.mark.parametrize(
    ("document", "path"),
    [
        pytest.param(flux_kustomization(path="./apps"), "apps", id="a path"),
        pytest.param(flux_kustomization(path="/apps/"), "apps", id="an absolute path, which Flux takes as relative"),
        pytest.param(flux_kustomization(path="./"), "", id="the root"),
        pytest.param(flux_kustomization(), "", id="no path, which is the root"),
        pytest.param(flux_kustomization(path="./../x"), "x", id="a path that Flux would keep inside"),
        pytest.param(
            flux_kustomization(sourceRef={"kind": "GitRepository", "name": "aws-bucket"}), None, id="from git"
        ),
        pytest.param(flux_kustomization(sourceRef={"kind": "Bucket", "name": "other"}), None, id="from another Bucket"),
        pytest.param(flux_kustomization() | {"kind": "ConfigMap"}, None, id="another kind"),
        pytest.param(
            flux_kustomization() | {"apiVersion": "kustomize.config.k8s.io/v1beta1"}, None, id="a kustomization file"
        ),
        pytest.param(None, None, id="an empty document"),
        pytest.param(["a list"], None, id="not an object"),
    ],
)
def test_finds_flux_kustomizations_that_read_this_bucket(document: Any, path: str | None) -> None:
    found = nested_in([document], source="aws-bucket")
    assert [entry.path for entry in found] == ([] if path is None else [path])
