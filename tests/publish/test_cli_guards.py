"""What publish refuses before anything is sent, and what diff shows, as a person meets them on the command line."""

from pathlib import Path

import pytest
from kustomize_at_hand import kustomize  # noqa: F401  (a fixture)

from publish.conftest import Shop, write_manifest
from publish.test_cli import configured, run  # noqa: F401  (a fixture)
from upload.source import read_tree


@pytest.fixture
def shop(configured: Shop) -> Shop:  # noqa: F811
    return configured


def test_all_findings_are_told_at_once_with_their_lines_and_nothing_is_sent(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    (tree / "source.yaml").write_text(
        "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: Bucket\nmetadata: {name: a}\n"
    )
    (tree / "secret.yaml").write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {key: value}\n")
    code, out, err = run(capsys, "publish", str(tree))
    assert (code, out, shop.keys()) == (4, "", [])
    first, second = err.splitlines()
    assert first.startswith("error: secret.yaml:4: ") and first.endswith("(secret)")
    assert "source.yaml:1: apiVersion source.toolkit.fluxcd.io/v1beta2 was removed" in second


@pytest.mark.usefixtures("kustomize")
def test_a_tree_that_cannot_be_rendered_is_told_by_file_and_line(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    (tree / "kustomization.yaml").write_text("resources:\n- cart.yaml\n- carts.yaml\n")
    code, out, err = run(capsys, "publish", str(tree), "--render")
    assert (code, out, shop.keys()) == (4, "", [])
    assert err == (
        "error: kustomization.yaml:3: resources names carts.yaml, which does not exist: "
        "did you mean cart.yaml? (dangling)\n"
    )


def test_a_check_can_be_passed_by_and_an_unknown_one_is_refused(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    (tree / "secret.yaml").write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {key: value}\n")
    code, _, err = run(capsys, "publish", str(tree), "--no-check", "secrets")
    assert (code, "did you mean secret?" in err) == (2, True)
    assert run(capsys, "publish", str(tree), "--no-check", "secret")[0] == 0


def test_a_publish_that_would_remove_a_namespace_asks_first(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    (tree / "namespace.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    assert run(capsys, "publish", str(tree))[0] == 0
    (tree / "namespace.yaml").unlink()
    before = shop.keys()
    code, _, err = run(capsys, "publish", str(tree))
    assert (code, shop.keys()) == (4, before)
    assert "! Namespace shop (deletes everything in it)" in err
    assert "if this is meant, publish with --allow-prune" in err
    assert "! Namespace shop" in run(capsys, "publish", str(tree), "--dry-run")[1]
    assert run(capsys, "publish", str(tree), "--allow-prune")[0] == 0


def test_a_promotion_that_would_remove_a_namespace_asks_first(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    assert run(capsys, "publish", str(tree), "--prefix", "staging")[0] == 0
    (tree / "namespace.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    assert run(capsys, "publish", str(tree), "--prefix", "production")[0] == 0
    code, _, err = run(capsys, "promote", "staging", "production")
    assert (code, "! Namespace shop (deletes everything in it)" in err) == (4, True)
    assert run(capsys, "promote", "staging", "production", "--allow-prune")[0] == 0


def test_a_few_removed_objects_are_said_and_not_asked_about(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    assert run(capsys, "publish", str(tree))[0] == 0
    (tree / "cart.yaml").unlink()
    code, _, err = run(capsys, "publish", str(tree))
    assert (code, "would remove 1 of 3 objects from the cluster" in err) == (0, True)


def test_diff_shows_what_a_publish_would_change_object_by_object(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    assert run(capsys, "publish", str(tree))[0] == 0
    assert run(capsys, "diff", "--directory", str(tree))[:2] == (
        0,
        f"no difference, both are release {read_tree(tree).release.id}\n",
    )
    write_manifest(tree / "cart.yaml", "2")
    code, out, _ = run(capsys, "diff", "--directory", str(tree))
    assert code == 1
    assert out.splitlines()[0] == "~ ConfigMap cart"
    assert "value: '2'" in out and "one" not in out
    code, out, _ = run(capsys, "diff", "--directory", str(tree), "--files")
    assert (code, "+  value: '2'" in out) == (1, True)


def test_diff_compares_any_two_releases(capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    second = shop.publish(tree)
    code, out, _ = run(capsys, "diff", first.release[:6], second.release[:6])
    assert (code, "~ ConfigMap cart" in out) == (1, True)
    assert run(capsys, "diff", first.release)[1] == out  # to what is live
    assert run(capsys, "diff", first.release, first.release)[0] == 0
    assert run(capsys, "diff", "zzz")[0] == 2
