"""Stores whose ETags are not the MD5 of the content: with SSE-KMS AWS gives every write a new one."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.s3.models import FakeKey

from publish.conftest import Shop, write_manifest
from publish.test_publish import flux_revision
from upload.live import look_at_live


@pytest.fixture(autouse=True)
def opaque_etags(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto keeps the MD5 with SSE-KMS, contrary to AWS; the server runs in this process and can be taught."""

    def etag(key: FakeKey) -> str:
        if not hasattr(key, "opaque"):
            key.opaque = secrets.token_hex(16)
        return f'"{key.opaque}"'

    monkeypatch.setattr(FakeKey, "etag", property(etag))
    yield


def test_publishing_the_same_tree_again_writes_nothing(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    again = shop.publish(tree)
    assert (again.changed, again.revision) == (False, first.revision)


def test_the_revision_is_the_one_flux_will_report(shop: Shop, tree: Path) -> None:
    assert shop.publish(tree).revision == flux_revision(shop)


def test_a_changed_tree_becomes_another_release(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    second = shop.publish(tree)
    assert (second.switched, second.previous) == (True, first.release)
    assert not shop.publish(tree).changed


def test_a_damaged_object_is_repaired(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    key = f"live/{first.release}/cart.yaml"
    shop.write(key, b"x" * len((tree / "cart.yaml").read_bytes()))
    assert shop.publish(tree).written == 1
    assert shop.read(key) == (tree / "cart.yaml").read_bytes()
    assert not shop.publish(tree).changed


def test_a_release_whose_notes_are_lost_is_written_again(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    shop.delete(f"history/{first.release}.etags.json")
    assert shop.publish(tree).written == 4
    assert not shop.publish(tree).changed


def test_status_knows_a_whole_release_from_a_damaged_one(shop: Shop, tree: Path) -> None:
    done = shop.publish(tree)
    assert look_at_live(shop.bucket).missing == ()
    shop.write(f"live/{done.release}/cart.yaml", b"x" * len((tree / "cart.yaml").read_bytes()))
    assert look_at_live(shop.bucket).missing == ("cart.yaml",)
