"""`--render`: a tree as one file. Files that are only listed are joined, all else takes kustomize."""

from pathlib import Path

import pytest
from kustomize_at_hand import kustomize  # noqa: F401

from upload import render as rendering
from upload.build import BuildFailed, Kustomize, build
from upload.checks import check_tree
from upload.objects import parse_objects
from upload.render import render
from upload.source import Tree, read_tree

SHOP = {"cart.yaml": "cart", "catalogue/one.yaml": "one", "catalogue/two.yaml": "two"}
LISTED = "resources: [one.yaml, two.yaml]\n"


def write(root: Path, **more: str) -> Path:
    for path, name in SHOP.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
    for path, content in more.items():
        (root / path.replace("__", "/")).write_text(content)
    return root


def content(tree: Tree) -> bytes:
    (file,) = tree.release.files
    return tree.read(file)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="no kustomization file"),
        pytest.param({"catalogue__kustomization.yaml": LISTED}, id="one in a folder"),
        pytest.param(
            {"catalogue__kustomization.yaml": LISTED, "kustomization.yaml": "resources:\n- ./catalogue/\n"}, id="two"
        ),
        pytest.param(
            {"b.yaml": "# first\n---\nkind: Secret\napiVersion: v1\nmetadata:\n  name: b\n---\n# last"},
            id="several documents, and no line break at the end",
        ),
        pytest.param(
            {"b.yaml": "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n"},
            id="a list",
        ),
    ],
)
def test_joined_files_are_the_objects_that_kustomize_makes(
    tmp_path: Path,
    kustomize: Kustomize,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, str],
) -> None:
    tree = read_tree(write(tmp_path / "tree", **more))
    monkeypatch.setattr(rendering, "find_kustomize", lambda: pytest.fail("kustomize is not needed"))
    rendered = render(tree)
    (again := tmp_path / "again").mkdir()
    (again / "manifests.yaml").write_bytes(content(rendered))
    (again / "kustomization.yaml").write_text("resources: [manifests.yaml]\n")
    whole = tmp_path / "whole"
    for file in tree.release.files:
        (whole / file.path).parent.mkdir(parents=True, exist_ok=True)
        (whole / file.path).write_bytes(tree.read(file))
    assert build(again, kustomize=kustomize) == build(whole, kustomize=kustomize)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"kustomization.yaml": "resources: [cart.yaml]\nnamePrefix: my-\n"}, id="a transformation"),
        pytest.param({"kustomization.yaml": "configMapGenerator: [{name: a, files: [cart.yaml]}]\n"}, id="a generator"),
        pytest.param({"windows.yaml": "apiVersion: v1\r\nkind: Pod\r\nmetadata: {name: a}\r\n"}, id="other line ends"),
        pytest.param({"b.yaml": "x: &a {name: b}\napiVersion: v1\nkind: Pod\nmetadata: *a\n"}, id="an alias"),
    ],
)
def test_other_trees_are_what_kustomize_makes_of_them(
    tmp_path: Path,
    kustomize: Kustomize,  # noqa: F811
    more: dict[str, str],
) -> None:
    rendered = render(read_tree(write(tmp_path, **more)))
    assert rendered.joined_from is None
    assert parse_objects(content(rendered))


@pytest.mark.parametrize("named", ["missing.yaml", "catalogue", "../other"])
def test_what_is_listed_and_missing_is_for_kustomize_to_tell(
    tmp_path: Path,
    kustomize: Kustomize,  # noqa: F811
    named: str,
) -> None:
    tree = read_tree(write(tmp_path, **{"kustomization.yaml": f"resources: [{named}]\n"}))
    with pytest.raises(BuildFailed, match=named.strip("./")):
        render(tree)


def test_folders_that_list_each_other_are_for_kustomize_to_tell(tmp_path: Path, kustomize: Kustomize) -> None:  # noqa: F811
    more = {"kustomization.yaml": "resources: [catalogue]\n", "catalogue__kustomization.yaml": "resources: [..]\n"}
    with pytest.raises(BuildFailed, match="cycle"):
        render(read_tree(write(tmp_path, **more)))


def test_a_finding_in_joined_files_names_the_file_it_is_in(tmp_path: Path) -> None:
    wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nkind: ConfigMap\n"
    (finding,) = check_tree(render(read_tree(write(tmp_path, **{"z.yaml": wrong}))))
    assert (finding.path, finding.line) == ("z.yaml", 4)
