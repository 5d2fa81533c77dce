"""The four stacks of main.py together, and what main.py answers to settings it cannot use."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bucketops.settings import Settings
from synthesis import ROOT, synthesize

NAMES = ["bucket", "cluster", "flux", "site"]


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the JSON with the way to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, f"{path}/{key}")
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, path)
    elif isinstance(value, str):
        yield path, value


def test_every_stack_waits_for_those_it_needs(main, tmp_path):
    synthesize(tmp_path, lambda app: main.build(app, Settings(bucket="sock-shop-manifests")))
    stacks = json.loads((tmp_path / "manifest.json").read_text())["stacks"]
    assert {name: sorted(stack["dependencies"]) for name, stack in stacks.items()} == {
        "cluster": [],
        "bucket": [],
        "flux": ["cluster"],
        "site": ["bucket", "cluster", "flux"],
    }


def test_the_outputs_are_those_of_the_article_and_secrets_are_marked(stacks):
    outputs = {
        name: output["sensitive"]
        for stack in stacks.values()
        for name, output in stack.get("output", {}).items()
        if not name.startswith("cross-stack-output-")
    }
    assert outputs == {
        "kubeconfig": True,
        "access_key": True,
        "secret_key": True,
        "bucket": False,
        "region": False,
        "url": False,
    }


def test_state_lies_beside_the_output_folder_and_nowhere_on_this_machine(stacks):
    assert [stacks[name]["terraform"]["backend"] for name in NAMES] == [
        {"local": {"path": f"../../../terraform.{name}.tfstate"}} for name in NAMES
    ]


def test_state_in_a_bucket_is_locked_encrypted_and_without_keys(main, tmp_path):
    settings = Settings(bucket="sock-shop-manifests", state_bucket="state-of-the-shop", state_region="eu-west-1")
    stacks = synthesize(tmp_path, lambda app: main.build(app, settings))
    assert [stacks[name]["terraform"]["backend"] for name in NAMES] == [
        {
            "s3": {
                "bucket": "state-of-the-shop",
                "key": f"bucketops/{name}.tfstate",
                "region": "eu-west-1",
                "encrypt": True,
                "use_lockfile": True,
            }
        }
        for name in NAMES
    ]


def test_only_the_hook_knows_where_on_this_machine_it_runs(stacks):
    allowed = {"/resource/aws_iam_user/bucket_reader_78DFD186/path"}
    absolute = {path for path, text in strings(stacks["bucket"]) if text.startswith("/")} - allowed
    for name in ("cluster", "flux", "site"):
        absolute |= {path for path, text in strings(stacks[name]) if text.startswith("/") or str(ROOT) in text}
    assert {path.rpartition("/")[2] for path in absolute} == {"interpreter"}


def test_no_secret_of_another_stack_is_where_terraform_would_print_it(stacks):
    # terraform_remote_state drops the mark "sensitive".
    shown = {kind: stacks["site"]["resource"][kind] for kind in ("terraform_data", "kubernetes_config_map_v1")}
    texts = [text for _, text in strings(shown)]
    assert len(texts) > 10
    assert not [text for text in texts if "iam_access_key" in text or "kubeconfig" in text]


def test_the_aws_provider_may_be_any_the_resources_work_with(stacks):
    assert stacks["bucket"]["terraform"]["required_providers"]["aws"]["version"] == ">= 5.100, < 7"
    assert stacks["bucket"]["provider"]["aws"] == [{"region": "eu-central-1"}]


def test_another_s3_server_is_used_by_all_who_speak_s3(main, tmp_path, only):
    url = "http://127.0.0.1:5000"
    stacks = synthesize(tmp_path, lambda app: main.build(app, Settings(bucket="sock-shop", endpoint=url)))
    (provider,) = stacks["bucket"]["provider"]["aws"]
    assert provider["s3_use_path_style"] is True
    assert provider["endpoints"] == [{"s3": url, "iam": url, "sts": url}]
    assert "aws_s3_bucket_policy" not in stacks["bucket"]["resource"]
    spec = only(stacks["site"], "kubernetes_manifest", "source")["manifest"]["spec"]
    assert (spec["endpoint"], spec["insecure"]) == ("127.0.0.1:5000", True)
    assert url in str(only(stacks["site"], "terraform_data"))


@pytest.fixture
def run_main(tmp_path):
    """Runs a copy of main.py in a folder with this cdktf.json, without Node in reach: jsii cannot start."""
    shutil.copy(ROOT / "main.py", tmp_path)

    def run(cdktf_json: str | None, path: str = "/nonexistent", **environment: str) -> tuple[int, str, str]:
        if cdktf_json is not None:
            (tmp_path / "cdktf.json").write_text(cdktf_json)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("BUCKETOPS_", "AWS_"))}
        done = subprocess.run(
            [sys.executable, str(tmp_path / "main.py")],
            cwd=tmp_path,
            env={**kept, "CDKTF_OUTDIR": str(tmp_path / "out"), **environment, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_fails_with_one_line_a_problem_before_jsii_starts(run_main):
    context = {"bucketops": {"bucket": "", "node_cuont": 3, "civo_region": "fra1"}}
    code, out, err = run_main(json.dumps({"context": context}), BUCKETOPS_REGION="Frankfurt")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "node_cuont in cdktf.json: unknown setting, did you mean node_count",
        "BUCKETOPS_REGION: 'Frankfurt' is not an AWS region, expected for example 'eu-central-1'",
        "civo_region in cdktf.json: 'fra1' is not a Civo region, expected LON1, FRA1, NYC1, PHX1, MUM1 or the like",
        "bucket is not set: choose a name that nobody in AWS has yet, and write it to "
        "context.bucketops.bucket in cdktf.json or set BUCKETOPS_BUCKET",
    ]


@pytest.mark.parametrize(
    ("cdktf_json", "message"),
    [
        pytest.param(None, "bucket is not set", id="no file"),
        pytest.param("{", "cannot read cdktf.json", id="half a file"),
        pytest.param('{"context": {"bucketops": []}}', "must be an object", id="a list of settings"),
    ],
)
def test_fails_with_one_line_when_cdktf_json_is(run_main, cdktf_json, message):
    code, out, err = run_main(cdktf_json)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert message in err


def test_fails_with_one_line_when_there_is_nothing_to_publish(run_main):
    code, out, err = run_main(None, path=os.environ["PATH"], BUCKETOPS_BUCKET="sock-shop-manifests")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "deploy does not exist" in err


def test_the_cdktf_json_of_the_project_names_only_settings_there_are():
    context = json.loads((ROOT / "cdktf.json").read_text())["context"]["bucketops"]
    assert context.keys() <= Settings.__dataclass_fields__.keys()
    assert Path(ROOT / "cdktf.json").read_text().count('"false"') == 1  # sendCrashReports takes text only
