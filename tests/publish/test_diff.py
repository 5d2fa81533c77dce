"""What is fetched from a bucket to compare releases, and that all sources of a release agree."""

from pathlib import Path

import pytest

from publish.conftest import Shop, write_manifest
from upload.contents import read_both, release_contents, tree_contents
from upload.diff import Change, file_diff
from upload.errors import ReleaseNotFound
from upload.source import read_tree


def gets(requests: list[str], shop: Shop) -> list[str]:
    """The objects that were fetched, in no order, without the id of the release."""
    found = [request.removeprefix(f"GET /{shop.name}/") for request in requests if "list-type" not in request]
    return sorted("/".join(path.split("/")[2:]) for path in found)


def test_the_tree_against_the_live_release_fetches_what_has_changed(
    shop: Shop, tree: Path, requests: list[str]
) -> None:
    live = shop.publish(tree).release
    write_manifest(tree / "cart.yaml", "2")
    (tree / "catalogue/two.yaml").unlink()
    write_manifest(tree / "catalogue/new.yaml", "1")
    requests.clear()
    found = file_diff(release_contents(shop.bucket, live), tree_contents(read_tree(tree)))
    assert found.changes == [
        Change("cart.yaml", "changed"),
        Change("catalogue/new.yaml", "added"),
        Change("catalogue/two.yaml", "removed"),
        Change("kustomization.yaml", "changed"),
    ]
    assert [line for line in found.lines if "value" in line][:2] == ["-  value: '1'", "+  value: '2'"]
    assert gets(requests, shop) == ["cart.yaml", "catalogue/two.yaml", "kustomization.yaml"]


def test_the_tree_against_itself_fetches_nothing(shop: Shop, tree: Path, requests: list[str]) -> None:
    live = shop.publish(tree).release
    requests.clear()
    found = file_diff(release_contents(shop.bucket, live), tree_contents(read_tree(tree)))
    assert (found.changes, found.lines, gets(requests, shop)) == ([], [], [])


def test_two_releases_under_live_fetch_what_differs_and_the_kustomizations(
    shop: Shop, tree: Path, requests: list[str]
) -> None:
    first = shop.publish(tree).release
    write_manifest(tree / "cart.yaml", "2")
    second = shop.publish(tree).release
    requests.clear()
    found = file_diff(release_contents(shop.bucket, first), release_contents(shop.bucket, second))
    assert found.changes == [Change("cart.yaml", "changed")]
    assert gets(requests, shop) == ["cart.yaml", "cart.yaml", "kustomization.yaml", "kustomization.yaml"]


def test_an_older_release_comes_from_its_archive(shop: Shop, tree: Path, requests: list[str]) -> None:
    releases = []
    for value in "123":
        write_manifest(tree / "cart.yaml", value)
        releases.append(shop.publish(tree).release)
    assert not shop.keys(f"live/{releases[0]}/")
    requests.clear()
    found = file_diff(release_contents(shop.bucket, releases[0]), release_contents(shop.bucket, releases[2]))
    assert [line for line in found.lines if "value" in line] == ["-  value: '1'", "+  value: '3'"]
    assert f"GET /{shop.name}/history/{releases[0]}.tar.gz" in requests
    assert len(gets(requests, shop)) == 3  # the archive, the changed file, and a kustomization


def test_a_release_that_clean_up_has_begun_on_comes_from_its_archive(shop: Shop, tree: Path) -> None:
    live = shop.publish(tree).release
    shop.delete(f"live/{live}/kustomization.yaml")
    assert release_contents(shop.bucket, live).md5s.keys() == {file.path for file in read_tree(tree).release.files}


def test_a_file_that_somebody_removed_from_the_live_release_shows(shop: Shop, tree: Path) -> None:
    live = shop.publish(tree).release
    shop.delete(f"live/{live}/cart.yaml")
    found = file_diff(release_contents(shop.bucket, live), tree_contents(read_tree(tree)))
    assert found.changes == [Change("cart.yaml", "added")]


def test_all_contents_of_two_releases_are_read_with_what_they_share_only_once(
    shop: Shop, tree: Path, requests: list[str]
) -> None:
    live = shop.publish(tree).release
    write_manifest(tree / "cart.yaml", "2")
    requests.clear()
    local = read_tree(tree)
    old, new = read_both(release_contents(shop.bucket, live), tree_contents(local))
    assert gets(requests, shop) == ["cart.yaml"]
    assert old["catalogue/one.yaml"] == new["catalogue/one.yaml"] == (tree / "catalogue/one.yaml").read_bytes()
    assert b"'1'" in old["cart.yaml"] and b"'2'" in new["cart.yaml"]


def test_fails_for_a_release_that_is_nowhere(shop: Shop, tree: Path) -> None:
    shop.publish(tree)
    with pytest.raises(ReleaseNotFound, match="000000000000"):
        release_contents(shop.bucket, "000000000000")
