"""Trees of many files, and of large ones: asked for in parts, and never held as a whole."""

import os
import threading
from pathlib import Path

import pytest

from publish.conftest import Shop, write_manifest
from upload import look, publishing
from upload.s3 import Bucket
from upload.stored import read_stored

KEYS = [f"live/{name}" for name in ("0", "a", "a.yaml", "a/b", "a/c", "b", "z", "ä", "日本")]


@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param([], id="no cut"),
        pytest.param(["live/a"], id="after a key"),
        pytest.param(["live/a/bb"], id="between keys"),
        pytest.param(["live/"], id="before all"),
        pytest.param(["live/zz", "live/ää", "live/日本酒"], id="after all, and letters of other scripts"),
        pytest.param(KEYS, id="after each"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "staging/"])
def test_a_list_in_parts_is_the_list(shop: Shop, cuts: list[str], prefix: str) -> None:
    for key in KEYS:
        shop.write(f"{prefix}{key}")
    bucket = Bucket(shop.bucket.target._replace(prefix=prefix))
    parts = bucket.list_parts("live/", cuts)
    assert sorted(parts) == sorted(KEYS)
    assert parts == bucket.list("live/")


def test_a_big_tree_is_seen_in_parts_and_published_as_a_small_one_is(
    shop: Shop, tree: Path, monkeypatch: pytest.MonkeyPatch, requests: list[str]
) -> None:
    small = [shop.publish(tree)]
    write_manifest(tree / "cart.yaml", "2")
    small += [shop.publish(tree), shop.publish(tree)]
    monkeypatch.setattr(look, "_PART", 1)
    requests.clear()
    again = shop.publish(tree)
    assert (again.changed, again.revision) == (False, small[-1].revision)
    assert sum("start-after" in line for line in requests) == 2 * 4, "each file of both releases ends a part"
    write_manifest(tree / "cart.yaml", "3")
    done = shop.publish(tree)
    assert done.removed == (small[0].release,)
    assert done.revision == shop.publish(tree).revision


def test_large_files_are_held_one_at_a_time(shop: Shop, tree: Path) -> None:
    for number in range(6):
        (tree / f"{number}.bin").write_bytes(os.urandom(1_100_000))
    held: list[int] = []
    most: list[int] = []
    lock = threading.Lock()

    class Watched(Bucket):
        def put(self, key: str, content: bytes) -> str:
            with lock:
                held.append(len(content))
                most.append(sum(size > 1_000_000 for size in held))
            try:
                return super().put(key, content)
            finally:
                with lock:
                    held.remove(len(content))

    shop.publish(tree, bucket=Watched(shop.bucket.target))
    assert max(most) == 1


def test_an_archive_too_large_for_memory_brings_its_release_back(
    shop: Shop, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_IN_MEMORY", 100_000)
    shop.client.put_bucket_versioning(Bucket=shop.name, VersioningConfiguration={"Status": "Enabled"})
    (tree / "data.bin").write_bytes(content := os.urandom(300_000))
    first = shop.publish(tree)
    assert read_stored(shop.bucket, first.release).contents["data.bin"] == content
    write_manifest(tree / "cart.yaml", "2")
    shop.publish(tree)
    write_manifest(tree / "cart.yaml", "1")
    shop.publish(tree)
    versions = shop.client.list_object_versions(Bucket=shop.name, Prefix=f"history/{first.release}.tar.gz")["Versions"]
    assert len(versions) == 1, "it is not written a second time"
