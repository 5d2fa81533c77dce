"""Rolling back, promoting, and what history keeps for it, on a real S3 server."""

from pathlib import Path

import pytest

from publish.conftest import Shop, write_manifest
from publish.test_crash import is_whole, live
from publish.test_publish import flux_revision, publish_three
from upload.errors import ReleaseNotFound, StoreFailed
from upload.live import look_at_live
from upload.look import look
from upload.publishing import carry_out
from upload.restore import promote, release_before, rollback
from upload.s3 import Bucket
from upload.source import read_tree
from upload.stored import find_release, read_stored


def test_the_release_before_comes_back_with_one_write_to_live(shop: Shop, tree: Path, requests: list[str]) -> None:
    _, second, third = publish_three(shop, tree)
    requests.clear()
    done = rollback(shop.bucket, release_before(shop.bucket, third.release))
    assert (live(shop), done.previous, done.written) == (second.release, third.release, 0)
    assert [line for line in requests if line.startswith("PUT") and "/live/" in line] == [
        f"PUT /{shop.name}/live/kustomization.yaml"
    ]
    assert done.revision == flux_revision(shop)


def test_an_older_release_comes_back_from_its_archive_byte_for_byte(shop: Shop, tree: Path) -> None:
    first, _, _ = publish_three(shop, tree)
    write_manifest(tree / "cart.yaml", "1")
    rollback(shop.bucket, first.release)
    assert live(shop) == first.release
    assert is_whole(shop, read_tree(tree).release)


def test_a_second_rollback_goes_one_further_back_and_not_forth_again(shop: Shop, tree: Path) -> None:
    first, second, third = publish_three(shop, tree)
    assert rollback(shop.bucket, release_before(shop.bucket, third.release)).release == second.release
    assert rollback(shop.bucket, release_before(shop.bucket, second.release)).release == first.release


def test_a_rollback_to_what_is_live_changes_nothing(shop: Shop, tree: Path) -> None:
    done = shop.publish(tree)
    assert not rollback(shop.bucket, done.release).changed


def test_there_is_nothing_before_the_first_release(shop: Shop, tree: Path) -> None:
    done = shop.publish(tree)
    with pytest.raises(ReleaseNotFound, match=f"nothing was live before {done.release}"):
        release_before(shop.bucket, done.release)


def test_a_release_is_found_by_the_beginning_of_its_id(shop: Shop, tree: Path) -> None:
    first, second, _ = publish_three(shop, tree)
    assert find_release(shop.bucket, first.release[:6]) == first.release
    with pytest.raises(ReleaseNotFound, match=f"(?s)is ambiguous: .*{second.release}"):
        find_release(shop.bucket, "")
    with pytest.raises(ReleaseNotFound, match="no release 'zzz' in s3://"):
        find_release(shop.bucket, "zzz")


def test_refuses_an_archive_that_does_not_hold_what_its_name_says(shop: Shop, tree: Path) -> None:
    first, second, _ = publish_three(shop, tree)
    shop.write(f"history/{first.release}.tar.gz", shop.read(f"history/{second.release}.tar.gz"))
    with pytest.raises(StoreFailed, match=f"release {first.release} in s3://.* is damaged"):
        rollback(shop.bucket, first.release)


def test_a_release_without_archive_is_read_from_live(shop: Shop, tree: Path) -> None:
    done = shop.publish(tree)
    shop.delete(f"history/{done.release}.tar.gz")
    assert read_stored(shop.bucket, done.release).release == read_tree(tree).release


def test_history_keeps_the_newest_records_and_every_archive_they_need(shop: Shop, tree: Path) -> None:
    done = []
    for value in range(6):
        write_manifest(tree / "cart.yaml", str(value))
        ours = read_tree(tree)
        plan = look(shop.bucket, ours.release)
        done.append(carry_out(shop.bucket, plan, ours.read, about=shop.about, now=shop.now, keep_history=3))
    kept = [entry.release for entry in done[3:]]
    archives = {key.removeprefix("history/").removesuffix(".tar.gz") for key in shop.keys("history/") if "tar" in key}
    records = [key[-17:-5] for key in shop.keys("history/") if key.endswith(".json")]
    assert (archives, records) == (set(kept), kept)


def test_history_never_loses_the_live_release_and_the_one_before(shop: Shop, tree: Path) -> None:
    write_manifest(tree / "cart.yaml", "1")
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    ours = read_tree(tree)
    plan = look(shop.bucket, ours.release)
    carry_out(shop.bucket, plan, ours.read, about=shop.about, now=shop.now, keep_history=1)
    assert f"history/{first.release}.tar.gz" in shop.keys("history/")


def test_environments_share_a_bucket_by_prefix_and_do_not_meet(shop: Shop, tree: Path) -> None:
    staging, production = environment(shop, "staging/"), environment(shop, "production/")
    done = shop.publish(tree, bucket=staging)
    assert {key.split("/")[0] for key in shop.keys()} == {"staging"}
    promoted = promote(staging, done.release, production, message=None)
    assert promoted.release == done.release
    assert shop.read(f"production/live/{done.release}/cart.yaml") == (tree / "cart.yaml").read_bytes()
    assert not shop.publish(tree, bucket=production).changed
    # Flux counts full keys, so the same release has another revision in each environment.
    assert promoted.revision == flux_revision(shop, "production/live/") != done.revision


def test_a_nested_flux_kustomization_is_led_to_the_release_of_its_environment(shop: Shop, tree: Path) -> None:
    (tree / "flux.yaml").write_text(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
        "spec: {path: ./catalogue, sourceRef: {kind: Bucket, name: aws-bucket}}\n"
    )
    staging, production = environment(shop, "staging/"), environment(shop, "production/")
    ours = read_tree(tree, prefix="staging/")
    plan = look(staging, ours.release)
    done = carry_out(staging, plan, ours.read, about=shop.about)
    promote(staging, done.release, production, message=None)
    for name in ("staging", "production"):
        assert f"./{name}/live/{done.release}/catalogue" in shop.read(f"{name}/live/kustomization.yaml").decode()


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_what_is_live_is_known_to_be_whole_or_not(shop: Shop, tree: Path, damage: str) -> None:
    done = shop.publish(tree)
    assert (look_at_live(shop.bucket).missing, look_at_live(shop.bucket).revision) == ((), done.revision)
    key = f"live/{done.release}/cart.yaml"
    shop.write(key, b"tampered") if damage == "changed" else shop.delete(key)
    assert look_at_live(shop.bucket).missing == ("cart.yaml",)


def environment(shop: Shop, prefix: str) -> Bucket:
    return Bucket(shop.bucket.target._replace(prefix=prefix))
