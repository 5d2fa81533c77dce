"""status, rollback, promote, doctor and publish --watch on the command line, without a cluster."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from publish.conftest import Shop, write_manifest
from publish.test_cli import configured, run  # noqa: F401  (a fixture)
from publish.test_crash import live
from publish.test_publish import publish_three
from upload.source import read_tree


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def shop(configured: Shop) -> Shop:  # noqa: F811
    return configured


def test_status_without_a_cluster_tells_of_the_bucket(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    done = shop.publish(tree, message="new cart")
    code, out, _ = run(capsys, "status")
    assert code == 0
    assert f"live      {done.release}, revision {done.revision[:15]}" in out
    assert "published by ada at 2026-11-23T07:00:01.000Z: new cart" in out
    assert "intact    yes" in out
    assert "cluster   not asked" in out


def test_status_of_a_damaged_release_is_not_in_sync(capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path) -> None:
    done = shop.publish(tree)
    shop.write(f"live/{done.release}/cart.yaml", b"tampered")
    code, out, _ = run(capsys, "status")
    assert code == 3
    assert "intact    no, cart.yaml changed by hand or gone: publish again to repair" in out
    _, out, _ = run(capsys, "status", "--json")
    assert (json.loads(out)["in_sync"], json.loads(out)["missing"]) == (False, ["cart.yaml"])


def test_status_of_an_empty_bucket_says_that_nothing_is_live(capsys: pytest.CaptureFixture[str], shop: Shop) -> None:
    code, _, err = run(capsys, "status")
    assert (code, "nothing is live in s3://" in err) == (2, True)


def test_status_with_a_kubeconfig_that_leads_nowhere_shows_the_bucket_and_fails(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(tree)
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    code, out, err = run(capsys, "status")
    assert code == 7
    assert "intact    yes" in out
    assert err.startswith("error: no cluster to ask: ") and err.count("\n") == 1


def test_rollback_says_what_is_live_and_how_to_go_forward(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    first, second, third = publish_three(shop, tree)
    code, out, err = run(capsys, "rollback", "-m", "the cart is empty")
    assert code == 0
    assert out.startswith(f"release {second.release} is live, 0 files new, 4 kept, was {third.release}")
    assert "`python -m upload` goes forward again" in err
    assert run(capsys, "rollback", first.release[:5])[0] == 0
    assert live(shop) == first.release
    assert "the cart is empty" in run(capsys, "history")[1]


def test_a_deploy_that_goes_forward_from_a_rollback_says_who_had_gone_back_and_why(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    publish_three(shop, tree)
    assert run(capsys, "rollback", "-m", "the cart is empty")[0] == 0
    write_manifest(tree / "cart.yaml", "mended")
    expected = read_tree(tree).release.id
    code, _, err = run(capsys, "publish", str(tree), "--expect", expected)
    assert (code, "this goes forward from" in err, "(the cart is empty)" in err) == (0, True, True)


def test_rollback_to_an_unknown_release_names_those_there_are(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    done = shop.publish(tree)
    code, _, err = run(capsys, "rollback", "nope")
    assert (code, done.release in err, err.count("\n")) == (2, True, 1)


def test_promote_makes_the_same_release_live_elsewhere(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    assert run(capsys, "publish", str(tree), "--prefix", "staging")[0] == 0
    code, out, _ = run(capsys, "promote", "staging/", "production/", "--json")
    assert (code, json.loads(out)["release"]) == (0, read_tree(tree).release.id)
    assert "promoted from s3://" in run(capsys, "history", "--prefix", "production")[1]
    code, _, err = run(capsys, "promote", "staging/", "staging")
    assert (code, "FROM and TO are the same place" in err) == (2, True)


def test_doctor_probes_the_store_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], shop: Shop, tree: Path
) -> None:
    shop.publish(tree)
    before = shop.keys()
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "ok    conditional  conditional writes are kept to" in out
    assert "warn  versioning   off" in out
    assert shop.keys() == before


def test_doctor_fails_where_the_bucket_is_missing(capsys: pytest.CaptureFixture[str], shop: Shop) -> None:
    code, out, _ = run(capsys, "doctor", "--bucket", "no-such-bucket")
    assert code == 7
    assert "fail  list     bucket no-such-bucket does not exist" in out


@pytest.mark.parametrize("time", ["5", "5x", "", "m5"])
def test_a_time_without_unit_is_refused(capsys: pytest.CaptureFixture[str], shop: Shop, time: str) -> None:
    with pytest.raises(SystemExit):
        run(capsys, "wait", "--timeout", time)
    assert "expected a time such as 90s, 5m or 1h30m" in capsys.readouterr().err


@pytest.mark.usefixtures("shop")
def test_rollback_on_failure_without_wait_is_refused(capsys: pytest.CaptureFixture[str], tree: Path) -> None:
    code, _, err = run(capsys, "publish", str(tree), "--rollback-on-failure")
    assert (code, "needs --wait" in err) == (2, True)


def test_watch_publishes_every_save_and_survives_a_bad_one(shop: Shop, tree: Path) -> None:
    command = [sys.executable, "-m", "upload", "publish", str(tree), "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        assert "is live, 4 files new" in process.stdout.readline()
        write_manifest(tree / "cart.yaml", "2")
        assert "is live, 4 files new" in process.stdout.readline()
        (tree / "link.yaml").symlink_to("/etc/hostname")
        assert "outside of the source" in process.stderr.readline()
        (tree / "link.yaml").unlink()
        write_manifest(tree / "cart.yaml", "3")
        assert "is live" in process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert live(shop) == read_tree(tree).release.id
