import subprocess
from pathlib import Path

import pytest

from upload.release import File, path_problems, release_id, release_of_key
from upload.source import read_tree

CART = File("cart.yaml", "a" * 64, "b" * 32, 10)
SHOP = File("shop.yaml", "c" * 64, "d" * 32, 20)


@pytest.mark.parametrize(
    ("files", "same"),
    [
        pytest.param([SHOP, CART], True, id="the order of files does not matter"),
        pytest.param([CART], False, id="a missing file is another release"),
        pytest.param([CART, SHOP._replace(path="shop.yml")], False, id="a renamed file is another release"),
        pytest.param([CART, SHOP._replace(sha256="e" * 64)], False, id="other content is another release"),
        pytest.param([CART._replace(path="shop.yaml"), SHOP._replace(path="cart.yaml")], False, id="a swap is another"),
    ],
)
def test_the_id_depends_on_paths_and_content_alone(files: list[File], same: bool) -> None:
    assert (release_id(files) == release_id([CART, SHOP])) is same


def test_the_id_can_be_computed_with_the_tools_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "zoo").mkdir()
    for path in ("kustomization.yaml", "Zebra.yaml", "zoo/ä.yaml", "zoo.yaml"):
        (tmp_path / path).write_text(f"# {path}\n")
    script = "find * -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c -12"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert read_tree(tmp_path).release.id == done.stdout.strip()


@pytest.mark.parametrize(
    ("key", "id"),
    [
        ("live/0123456789ab/cart.yaml", "0123456789ab"),
        ("live/0123456789ab/a/b/c.yaml", "0123456789ab"),
        ("live/kustomization.yaml", None),
        ("live/0123456789ab", None),
        ("live/0123456789ab/", None),
        ("live/0123456789ab/a/", None),
        ("live/0123456789ab//a", None),
        ("live/0123456789ab/../a", None),
        ("live/0123456789AB/cart.yaml", None),
        ("live/0123456789abc/cart.yaml", None),
        ("history/0123456789ab/cart.yaml", None),
    ],
)
def test_tells_the_objects_of_releases_from_foreign_ones(key: str, id: str | None) -> None:
    assert release_of_key(key) == id


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        pytest.param(
            ["a", "a/b"], "a and a/b cannot both be stored: one is a file, the other its folder", id="a and a/b"
        ),
        pytest.param(["a/../b"], "a/../b has an empty, '.' or '..' part", id="dots"),
        pytest.param(["a//b"], "a//b has an empty, '.' or '..' part", id="double slash"),
        pytest.param(["/a"], "/a has an empty, '.' or '..' part", id="leading slash"),
        pytest.param(["a\nb"], "'a\\nb' has a control character in its name: rename it", id="line break"),
        pytest.param(["a\udcff"], "'a\\udcff' has a name that is not UTF-8: rename it", id="not UTF-8"),
        pytest.param(["x" * 1010], "is longer than a key of S3 may be (1024 bytes): shorten it", id="too long"),
    ],
)
def test_refuses_paths_that_s3_or_flux_cannot_hold(paths: list[str], problem: str) -> None:
    (found,) = path_problems(paths)
    assert problem in found


def test_takes_every_usual_path() -> None:
    assert path_problems(["a.yaml", "a/b.yaml", "a b#%+é.yaml", "..a/b..yaml", ".hidden"]) == []
