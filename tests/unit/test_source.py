import os
from pathlib import Path

import pytest

from upload import source
from upload.errors import SourceRefused
from upload.source import read_release, read_tree

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
NESTED = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: Bucket, name: aws-bucket}
"""


def write(root: Path, **files: str) -> None:
    for path, content in files.items():
        target = root / path.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)


def paths(root: Path) -> list[str]:
    return [file.path for file in read_release(root).files]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "a.yaml").write_text(MANIFEST)
    return folder


def test_a_root_without_kustomization_file_gets_one(root: Path) -> None:
    tree = read_tree(root)
    assert [file.path for file in tree.release.files] == ["a.yaml", "kustomization.yaml"]
    assert b'resources: ["a.yaml"]' in tree.read(tree.release.files[1])


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_a_root_with_kustomization_file_stays_as_it_is(root: Path, name: str) -> None:
    (root / name).write_text("resources: [a.yaml]\n")
    assert sorted(paths(root)) == sorted(["a.yaml", name])


def test_a_folder_that_a_nested_flux_kustomization_reads_gets_one_too(root: Path) -> None:
    write(root, apps__b=MANIFEST, flux=NESTED)
    (root / "apps/b").rename(root / "apps/b.yaml")
    (root / "flux").rename(root / "flux.yaml")
    tree = read_tree(root)
    assert tree.held["apps/kustomization.yaml"].endswith(b'resources: ["b.yaml"]\n')
    assert tree.held["kustomization.yaml"].endswith(b'resources: ["a.yaml", "apps", "flux.yaml"]\n')
    assert f"./live/{tree.release.id}/apps" in tree.release.pointer.decode()
    assert read_tree(root, source="other").release.pointer.decode().count("patch") == 0


@pytest.mark.parametrize(
    "name",
    [
        ".git/config",
        ".terraform/x",
        "x.tfstate",
        "x.tfstate.backup",
        ".sops.yaml",
        ".DS_Store",
        "a.yaml~",
        ".a.yaml.swp",
    ],
)
def test_some_files_are_never_published(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("x")
    assert paths(root) == ["a.yaml", "kustomization.yaml"]


def test_uploadignore_is_read_as_git_reads_its_own(root: Path) -> None:
    write(root, docs__readme="x", docs__keep="x", secret="x")
    (root / ".uploadignore").write_text("# comment\ndocs/*\n!docs/keep\n/secret\n")
    assert paths(root) == ["a.yaml", "docs/keep", "kustomization.yaml"]


def test_what_is_no_manifest_is_published_too(root: Path) -> None:
    (root / "logo.png").write_bytes(b"\x89PNG\0")
    assert "logo.png" in paths(root)


def test_links_inside_the_tree_are_followed(root: Path) -> None:
    write(root, base__x="x")
    (root / "file").symlink_to("a.yaml")
    (root / "folder").symlink_to("base")
    tree = read_tree(root)
    assert [file.path for file in tree.release.files] == ["a.yaml", "base/x", "file", "folder/x", "kustomization.yaml"]
    assert tree.read(tree.release.files[2]).decode() == MANIFEST


@pytest.mark.parametrize(
    ("target", "says"),
    [
        pytest.param(
            "/etc/hostname", "site/link is a link to /etc/hostname, outside of the source", id="a file outside"
        ),
        pytest.param("..", "site/link is a link to .., outside of the source: copy the file", id="the folder above"),
        pytest.param("nowhere", "site/link is a link to nowhere, which does not exist", id="nothing"),
        pytest.param(".", "site/link is a link to a folder that contains it: remove the link", id="a circle"),
        pytest.param("link", "site/link cannot be read: Too many levels of symbolic links", id="itself"),
    ],
)
def test_refuses_links_that_lead_elsewhere(root: Path, target: str, says: str) -> None:
    (root / "link").symlink_to(target)
    with pytest.raises(SourceRefused, match=says):
        read_tree(root)


def test_an_ignored_link_is_no_problem(root: Path) -> None:
    (root / "link").symlink_to("/etc")
    (root / ".uploadignore").write_text("link\n")
    assert paths(root) == ["a.yaml", "kustomization.yaml"]


def test_names_all_problems_at_once(root: Path) -> None:
    (root / "link").symlink_to("/etc")
    (root / "new\nline").write_text("x")
    with pytest.raises(SourceRefused) as refused:
        read_tree(root)
    assert len(str(refused.value).splitlines()) == 2


def test_refuses_a_manifest_that_is_no_text(root: Path) -> None:
    (root / "b.yaml").write_bytes(b"a: 1\0")
    with pytest.raises(SourceRefused, match="b.yaml is binary, expected YAML"):
        read_tree(root)


def test_a_template_that_is_no_yaml_is_data(root: Path) -> None:
    write(root, chart__templates__flux="apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: {{ .Values.kind }\n")
    (root / "chart/templates/flux").rename(root / "chart/templates/flux.yaml")
    assert "chart/templates/flux.yaml" in paths(root)


def test_refuses_a_huge_file(root: Path) -> None:
    with (root / "film.mp4").open("wb") as film:
        film.truncate(812_000_000)
    with pytest.raises(SourceRefused, match=r"film.mp4 has 812 MB, expected at most 50: name it in .uploadignore"):
        read_tree(root)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda path: None, "does not exist: name the directory", id="missing"),
        pytest.param(lambda path: path.write_text("x"), "is not a directory: name the directory", id="a file"),
        pytest.param(lambda path: path.mkdir(), "no manifests in .*: expected at least one .yaml file", id="empty"),
        pytest.param(
            lambda path: [path.mkdir(), (path / "README.md").write_text("x")], "no manifests in", id="no manifests"
        ),
    ],
)
def test_refuses_a_source_that_is_no_tree_of_manifests(tmp_path: Path, make, says: str) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "x")
    with pytest.raises(SourceRefused, match=says):
        read_tree(tmp_path / "x")


def test_refuses_a_file_of_a_big_tree_that_is_gone_by_the_time_it_is_sent(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_HELD", -1)
    tree = read_tree(root)
    (root / "a.yaml").unlink()
    with pytest.raises(SourceRefused, match=r"a.yaml cannot be read: No such file or directory"):
        tree.read(tree.release.files[0])


def test_a_pipe_is_refused_and_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(SourceRefused, match="pipe is neither a file nor a folder"):
        read_tree(root)
