"""Publishing from Python, by the names README shows."""

import re
from pathlib import Path

import pytest

import upload
from publish.conftest import Shop, write_manifest
from publish.test_crash import live
from upload import Published, UploadError, look_at_live, publish, read_history, rollback


def test_a_directory_is_published_with_typed_results(shop: Shop, tree: Path) -> None:
    done = publish(tree, shop.bucket.target, message="from a script")
    assert isinstance(done, Published)
    assert (live(shop), look_at_live(shop.bucket).revision) == (done.release, done.revision)
    assert read_history(shop.bucket, limit=1)[0].message == "from a script"
    write_manifest(tree / "cart.yaml", "2")
    publish(tree, shop.bucket.target)
    assert rollback(shop.bucket, done.release).release == live(shop) == done.release


def test_a_refused_tree_is_an_upload_error_and_changes_nothing(shop: Shop, tree: Path) -> None:
    (tree / "secret.yaml").write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {key: value}\n")
    with pytest.raises(UploadError, match=r"secret.yaml:4: .* is not encrypted"):
        publish(tree, shop.bucket.target)
    assert shop.keys() == []
    assert publish(tree, shop.bucket.target, skip_checks=["secret"]).switched


def test_a_missing_bucket_is_an_upload_error(shop: Shop, tree: Path) -> None:
    with pytest.raises(UploadError, match="does not exist"):
        publish(tree, shop.bucket.target._replace(bucket="no-such-bucket"))


def test_every_name_that_is_offered_is_there() -> None:
    assert {name for name in upload.__all__ if getattr(upload, name, None) is None} == set()


def test_the_example_of_the_readme_runs_as_it_stands(
    shop: Shop, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (example,) = re.findall(r"```python\n(from pathlib.*?)```", readme, re.DOTALL)
    here = f'Target(endpoint={shop.bucket.target.endpoint!r}, bucket="{shop.name}"'
    tree.rename(tree.with_name("deploy"))
    monkeypatch.chdir(tree.parent)
    exec(example.replace('Target(bucket="my-manifests"', here))
    assert capsys.readouterr().out.split()[0] == live(shop)
