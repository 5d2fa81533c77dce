"""`python -m upload` as a person or a CI job meets it: one line, an exit code, and nothing changed when it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from publish.conftest import REGION, Shop, write_manifest
from upload.cli import main
from upload.source import read_tree

UNREACHABLE = "http://127.0.0.1:1"


@pytest.fixture
def configured(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    """The shop's bucket named by the environment, from a directory without a cdktf.json."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUCKETOPS_BUCKET", shop.name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(shop.bucket.target.endpoint))
    return shop


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.usefixtures("configured")
def test_publish_says_in_one_line_what_is_live(capsys: pytest.CaptureFixture[str], tree: Path) -> None:
    id = read_tree(tree).release.id
    code, out, err = run(capsys, "publish", str(tree), "-m", "first")
    assert (code, err) == (0, "")
    assert out.startswith(f"release {id} is live, 4 files new, 0 kept, revision sha256:")
    assert out.count("\n") == 1
    _, out, _ = run(capsys, "publish", str(tree))
    assert out.startswith(f"release {id} is live already, nothing to do, revision sha256:")


def test_publish_is_meant_where_no_command_is_named(
    capsys: pytest.CaptureFixture[str], configured: Shop, tree: Path
) -> None:
    assert run(capsys, str(tree))[0] == 0
    assert "live/kustomization.yaml" in configured.keys()


@pytest.mark.usefixtures("configured")
def test_deploy_is_the_directory_where_none_is_named(capsys: pytest.CaptureFixture[str], tree: Path) -> None:
    tree.rename("deploy")
    assert run(capsys)[0] == 0


@pytest.mark.usefixtures("configured")
def test_json_gives_the_facts_of_a_publish(capsys: pytest.CaptureFixture[str], tree: Path) -> None:
    code, out, _ = run(capsys, "publish", str(tree), "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["revision"].startswith("sha256:") and len(facts["revision"]) == 71
    assert {name: facts[name] for name in ("changed", "switched", "written", "kept", "previous")} == {
        "changed": True,
        "switched": True,
        "written": 4,
        "kept": 0,
        "previous": None,
    }


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], configured: Shop, tree: Path
) -> None:
    code, out, _ = run(capsys, "publish", str(tree), "--dry-run")
    assert code == 0
    assert "would write catalogue/one.yaml, 72 bytes" in out
    assert f"would switch from nothing to {read_tree(tree).release.id}" in out
    assert configured.keys() == []


def test_refuses_a_tree_that_is_not_the_expected_release(
    capsys: pytest.CaptureFixture[str], configured: Shop, tree: Path
) -> None:
    expected = read_tree(tree).release.id
    write_manifest(tree / "cart.yaml", "2")
    code, _, err = run(capsys, "publish", str(tree), "--expect", expected)
    assert code == 4
    assert err.startswith(f"error: {tree} is release {read_tree(tree).release.id}, expected {expected}: it changed")
    assert configured.keys() == []


def test_history_lists_publishes_newest_first_and_marks_the_live_one(
    capsys: pytest.CaptureFixture[str], configured: Shop, tree: Path
) -> None:
    first = configured.publish(tree, message="first")
    write_manifest(tree / "cart.yaml", "2")
    second = configured.publish(tree)
    _, out, _ = run(capsys, "history")
    header, newest, oldest = out.splitlines()
    assert header.split() == ["RELEASE", "TIME", "(UTC)", "AUTHOR", "FILES", "COMMIT", "REVISION", "MESSAGE"]
    assert newest.split()[:4] == ["*", second.release, "2026-11-23", "07:00:02"]
    assert oldest.split()[0] == first.release
    assert oldest.endswith("first")
    _, out, _ = run(capsys, "history", "--json", "-n", "1")
    assert [(entry["release"], entry["live"]) for entry in json.loads(out)] == [(second.release, True)]


@pytest.mark.usefixtures("configured")
def test_history_of_an_empty_bucket_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "history")
    assert (code, out.startswith("no publishes in s3://")) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["--bucket", "no-such-bucket"], 7, "bucket no-such-bucket does not exist at", id="missing bucket"),
        pytest.param(["--endpoint", UNREACHABLE], 7, f"cannot reach {UNREACHABLE} to list live/", id="no network"),
        pytest.param(
            ["--endpoint", "s3.example.com"], 2, "the endpoint must be a URL such as", id="endpoint, no scheme"
        ),
        pytest.param(["--bucket", "s3://shop"], 2, "must be a name without scheme and path, got 's3://shop'", id="url"),
    ],
)
@pytest.mark.usefixtures("configured")
def test_fails_in_one_line(
    capsys: pytest.CaptureFixture[str], tree: Path, arguments: list[str], code: int, says: str
) -> None:
    got, out, err = run(capsys, "publish", str(tree), *arguments)
    assert (got, out) == (code, "")
    assert err.startswith("error: ") and err.count("\n") == 1
    assert says in err


def test_fails_when_no_bucket_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    monkeypatch.chdir(tree)
    code, _, err = run(capsys, "publish", ".")
    assert code == 2
    assert (
        err
        == "error: no bucket named: give --bucket, or set BUCKETOPS_BUCKET or context.bucketops.bucket in cdktf.json\n"
    )


@pytest.mark.usefixtures("configured")
def test_fails_when_there_are_no_credentials(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    code, _, err = run(capsys, "publish", str(tree))
    assert (code, err.count("\n")) == (7, 1)
    assert err.startswith("error: no AWS credentials found: set AWS_ACCESS_KEY_ID")


@pytest.mark.usefixtures("configured")
def test_an_unknown_profile_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    code, _, err = run(capsys, "publish", str(tree))
    assert (code, err.count("\n")) == (7, 1)
    assert "nobody" in err


def test_credentials_of_a_profile_are_found_as_boto3_finds_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, configured: Shop, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text("[ci]\naws_access_key_id = from-profile\naws_secret_access_key = s\n")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "ci")
    assert run(capsys, "publish", str(tree))[0] == 0
    assert "live/kustomization.yaml" in configured.keys()


def test_refuses_a_missing_directory_before_the_store_is_asked(
    capsys: pytest.CaptureFixture[str], configured: Shop, requests: list[str]
) -> None:
    code, _, err = run(capsys, "publish", "nowhere")
    assert code == 4
    assert err == "error: the source nowhere does not exist: name the directory that holds the manifests\n"
    assert requests == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("stauts", "did you mean status?"),
        ("rolback", "did you mean rollback?"),
        ("xyz", "commands are publish, status"),
    ],
)
def test_a_misspelt_command_is_not_taken_for_a_directory(
    capsys: pytest.CaptureFixture[str], word: str, meant: str
) -> None:
    code, _, err = run(capsys, word)
    assert (code, err.startswith(f"error: '{word}' is neither a command nor a directory: {meant}")) == (2, True)


def test_help_names_examples_and_exit_codes_without_loading_the_stores_library() -> None:
    heavy = ("obstore", "boto3", "botocore", "rich", "yaml", "cdktf", "jsii")
    script = (
        "import sys; from upload.cli import main\n"
        "try: main(['publish', '--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "python -m upload --dry-run" in done.stdout
    assert "  7  the store or the cluster could not be reached" in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.usefixtures("configured")
def test_a_publish_of_what_is_live_loads_neither_boto3_nor_yaml_nor_anything_to_draw_with(tree: Path) -> None:
    assert main(["publish", str(tree)]) == 0
    heavy = ["boto3", "botocore", "rich", "yaml", "cdktf", "jsii", "upload.checks"]
    # A few milliseconds each, which is much of the 50 that it takes.
    heavy += ["dataclasses", "concurrent.futures", "subprocess", "tarfile", "shutil", "difflib", "upload.commands.diff"]
    script = (
        f"import sys; from upload.cli import main; main(['publish', {str(tree)!r}])\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_status_of_a_bucket_without_foreign_objects_does_without_boto3(configured: Shop, tree: Path) -> None:
    configured.publish(tree)
    script = (
        "import sys; from upload.cli import main; main(['status'])\n"
        "print([name for name in ('boto3', 'botocore') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_the_module_runs_from_any_directory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "upload", "publish", "x"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no bucket named")


def test_settings_come_from_the_option_then_the_environment_then_cdktf_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, configured: Shop, tree: Path, tmp_path: Path
) -> None:
    context = {"bucket": configured.name, "region": REGION, "endpoint": configured.bucket.target.endpoint}
    (tmp_path / "cdktf.json").write_text(json.dumps({"context": {"bucketops": context}}))
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.delenv("BUCKETOPS_BUCKET")
    assert run(capsys, "publish", str(tree))[0] == 0
    monkeypatch.setenv("BUCKETOPS_BUCKET", "from-environment")
    assert "bucket from-environment does not exist" in run(capsys, "publish", str(tree))[2]
    assert run(capsys, "publish", str(tree), "--bucket", configured.name)[0] == 0
