"""What a publish does to a bucket, seen with plain boto3 on a real S3 server."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from publish.conftest import Shop, write_manifest
from upload import source
from upload.errors import PointerMoved, SourceRefused
from upload.look import look
from upload.publishing import carry_out
from upload.record import About
from upload.source import read_tree


def flux_revision(shop: Shop, prefix: str = "live/") -> str:
    """Flux's formula, written down a second time (facts: source-controller internal/index/digest.go)."""
    rows = sorted(((row["Key"], row["ETag"].strip('"')) for row in shop.rows(prefix)), key=lambda row: row[0].encode())
    return "sha256:" + hashlib.sha256("".join(f"{key} {etag}\n" for key, etag in rows).encode()).hexdigest()


def test_the_first_publish_makes_the_tree_live_byte_for_byte(shop: Shop, tree: Path) -> None:
    done = shop.publish(tree)
    root = f"live/{done.release}"
    assert shop.keys("live/") == [
        f"{root}/cart.yaml",
        f"{root}/catalogue/one.yaml",
        f"{root}/catalogue/two.yaml",
        f"{root}/kustomization.yaml",
        "live/kustomization.yaml",
    ]
    assert shop.read(f"{root}/catalogue/one.yaml") == (tree / "catalogue/one.yaml").read_bytes()
    assert f'resources: ["{done.release}"]' in shop.read("live/kustomization.yaml").decode()
    assert (done.changed, done.switched, done.written, done.previous) == (True, True, 4, None)


def test_the_revision_is_the_one_flux_will_report(shop: Shop, tree: Path) -> None:
    assert shop.publish(tree).revision == flux_revision(shop)


def test_publishing_the_same_tree_again_costs_one_list_and_writes_nothing(
    shop: Shop, tree: Path, requests: list[str]
) -> None:
    first = shop.publish(tree)
    requests.clear()
    again = shop.publish(tree)
    assert requests == [f"GET /{shop.name}?list-type=2&prefix=live/"]
    assert (again.changed, again.revision) == (False, first.revision)


def test_a_changed_tree_becomes_another_release_and_the_old_one_stays(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    second = shop.publish(tree)
    assert second.previous == first.release
    assert releases(shop) == {first.release, second.release}
    assert second.revision == flux_revision(shop)


def test_the_third_publish_removes_the_first_release_which_history_keeps(shop: Shop, tree: Path) -> None:
    first, second, third = publish_three(shop, tree)
    assert third.removed == (first.release,)
    assert releases(shop) == {second.release, third.release}
    assert third.revision == flux_revision(shop)
    with tarfile.open(fileobj=io.BytesIO(shop.read(f"history/{first.release}.tar.gz"))) as tar:
        content = tar.extractfile("cart.yaml")
        assert content is not None
        assert b"value: '1'" in content.read()


def test_the_pointer_is_written_after_the_files_and_the_archive_and_before_everything_else(
    shop: Shop, tree: Path, requests: list[str]
) -> None:
    publish_three(shop, tree, before_the_last=requests.clear)
    writes = [line for line in requests if not line.startswith("GET")]
    pointer = writes.index(f"PUT /{shop.name}/live/kustomization.yaml")
    before, after = writes[:pointer], writes[pointer + 1 :]
    archives = [line for line in before if line.endswith(".tar.gz")]
    assert len(archives) == 1
    assert {line.split("/")[2] for line in before if line not in archives} == {"live"}
    records = [line for line in after if line.startswith(f"PUT /{shop.name}/history/2026")]
    assert len(records) == 1
    assert [line.split("?")[0] for line in after if line not in records] == [f"POST /{shop.name}"] * 2


def test_without_a_pointer_the_root_file_comes_first_because_flux_would_make_one_up(
    shop: Shop, tree: Path, requests: list[str]
) -> None:
    done = shop.publish(tree)
    first = next(line for line in requests if line.startswith("PUT") and "/live/" in line)
    assert first == f"PUT /{shop.name}/live/{done.release}/kustomization.yaml"


def test_history_tells_who_published_what_and_why(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    second = shop.publish(tree, message="new cart")
    newest = max(key for key in shop.keys("history/") if key.endswith(".json"))
    assert newest == f"history/20261123T070002.000Z-{second.release}.json"
    assert json.loads(shop.read(newest)) == {
        "release": second.release,
        "previous": first.release,
        "time": "2026-11-23T07:00:02.000Z",
        "action": "publish",
        "author": "ada",
        "host": "workshop",
        "commit": None,
        "message": "new cart",
        "files": 4,
        "size": sum(file.size for file in read_tree(tree).release.files),
        "revision": second.revision,
    }


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_objects_that_somebody_damaged_are_repaired_and_counted(shop: Shop, tree: Path, damage: str) -> None:
    first = shop.publish(tree)
    key = f"live/{first.release}/cart.yaml"
    shop.write(key, b"tampered") if damage == "changed" else shop.delete(key)
    again = shop.publish(tree)
    assert shop.read(key) == (tree / "cart.yaml").read_bytes()
    assert (again.switched, again.written, again.kept, again.revision) == (False, 1, 3, first.revision)


def test_an_emptied_bucket_is_filled_again(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    for key in shop.keys():
        shop.delete(key)
    assert shop.publish(tree).revision == first.revision == flux_revision(shop)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("live/notes.txt", id="a file beside the releases"),
        pytest.param("live/old-site/deployment.yaml", id="a folder that is no release"),
        pytest.param("live/a//b", id="a key that obstore cannot list"),
        pytest.param("live/0123456789ab/", id="a folder marker, which obstore shows without its slash"),
        pytest.param("live/0123456789ab/../up", id="a key with dots"),
    ],
)
def test_foreign_objects_are_reported_and_left_alone_and_count_in_the_revision(
    shop: Shop, tree: Path, key: str
) -> None:
    publish_three(shop, tree)
    shop.write(key, b"mine")
    write_manifest(tree / "cart.yaml", "4")
    done = shop.publish(tree)
    assert done.foreign == (key,)
    assert key in shop.keys()
    if not key.endswith("/"):  # Flux skips folder markers
        assert done.revision == flux_revision(shop)
    assert not shop.publish(tree).changed


def test_refuses_to_overwrite_a_kustomization_file_that_is_not_a_pointer(shop: Shop, tree: Path) -> None:
    shop.write("live/kustomization.yaml", b"resources: [shop]\n")
    with pytest.raises(SourceRefused, match=r"live/kustomization.yaml in s3://.* was not written by bucketops"):
        shop.publish(tree)
    assert shop.keys() == ["live/kustomization.yaml"]


def test_refuses_the_switch_when_somebody_published_in_between(shop: Shop, tree: Path, tmp_path: Path) -> None:
    shop.publish(tree)
    write_manifest(tmp_path / "rival/cart.yaml", "theirs")
    write_manifest(tree / "cart.yaml", "ours")
    ours = read_tree(tree)
    plan = look(shop.bucket, ours.release)
    theirs = shop.publish(tmp_path / "rival")
    with pytest.raises(PointerMoved, match=f"ada at 2026.* published release {theirs.release} while {ours.release.id}"):
        carry_out(shop.bucket, plan, ours.read, about=shop.about)
    assert theirs.release in shop.read("live/kustomization.yaml").decode()


def test_two_publishers_of_the_same_tree_both_succeed(shop: Shop, tree: Path) -> None:
    ours = read_tree(tree)
    plan = look(shop.bucket, ours.release)
    shop.publish(tree)
    assert carry_out(shop.bucket, plan, ours.read, about=shop.about).revision == flux_revision(shop)


def test_a_release_that_a_rivals_clean_up_took_apart_is_completed(shop: Shop, tree: Path, tmp_path: Path) -> None:
    """The one race the conditional write does not cover: files that were there when we looked, gone at our switch."""
    first, _second, _third = publish_three(shop, tree)
    write_manifest(tree / "cart.yaml", "1")
    ours = read_tree(tree)
    assert ours.release.id == first.release
    for file in ours.release.files:
        shop.write(ours.release.key(file), ours.read(file))  # somebody's upload that was given up
    plan = look(shop.bucket, ours.release)
    assert not plan.missing

    def about_to_switch() -> About:
        shop.delete(f"live/{first.release}/cart.yaml")
        return shop.about()

    done = carry_out(shop.bucket, plan, ours.read, about=about_to_switch)
    assert shop.read(f"live/{first.release}/cart.yaml") == (tree / "cart.yaml").read_bytes()
    assert done.revision == flux_revision(shop)


def test_what_was_read_and_checked_is_what_is_published_whatever_happens_to_the_files(shop: Shop, tree: Path) -> None:
    ours = read_tree(tree)
    plan = look(shop.bucket, ours.release)
    write_manifest(tree / "cart.yaml", "2")
    carry_out(shop.bucket, plan, ours.read, about=shop.about)
    assert b"value: '1'" in shop.read(f"live/{ours.release.id}/cart.yaml")


def test_refuses_a_file_of_a_big_tree_that_changes_while_it_is_published_and_switches_nothing(
    shop: Shop, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_HELD", -1)
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    ours = read_tree(tree)
    plan = look(shop.bucket, ours.release)
    write_manifest(tree / "cart.yaml", "3")
    with pytest.raises(SourceRefused, match="cart.yaml changed while it was published: publish again"):
        carry_out(shop.bucket, plan, ours.read, about=shop.about)
    assert first.release in shop.read("live/kustomization.yaml").decode()


def releases(shop: Shop) -> set[str]:
    return {key.split("/")[1] for key in shop.keys("live/") if key.count("/") > 1}


def publish_three(shop, tree, before_the_last=lambda: None):  # type: ignore[no-untyped-def]
    done = []
    for value in ("1", "2", "3"):
        write_manifest(tree / "cart.yaml", value)
        if value == "3":
            before_the_last()
        done.append(shop.publish(tree))
    return done
