"""Publication in a stranger's stack."""

import sys

import pytest
from bucketops import Publication

from upload.errors import SourceRefused
from upload.source import read_release


@pytest.fixture
def hook(synth, only, tree):
    def build(**arguments):
        given = {"directory": tree, "bucket_name": "manifests", "region": "eu-west-1", **arguments}
        return only(synth(lambda stack: Publication(stack, "p", **given)), "terraform_data")

    return build


def test_the_hook_publishes_the_directory_if_it_is_still_this_release(hook, tree):
    release = read_release(tree).id
    (provisioner,) = hook()["provisioner"]
    command = provisioner["local-exec"]
    assert [*command["interpreter"], command["command"]] == [
        *(sys.executable, "-m", "upload", "publish", str(tree)),
        *("--bucket", "manifests", "--region", "eu-west-1", "--source", "aws-bucket", "--expect", release),
    ]
    assert command.keys() == {"interpreter", "command"}  # no environment, no `when`: nothing runs on destroy


def test_another_server_is_named_to_the_hook(hook):
    (provisioner,) = hook(endpoint="http://127.0.0.1:9000")["provisioner"]
    argv = provisioner["local-exec"]["interpreter"]
    assert argv[argv.index("--endpoint") + 1] == "http://127.0.0.1:9000"


def test_it_runs_again_for_another_release_or_another_bucket_and_for_nothing_else(hook, tree):
    before = hook()["triggers_replace"]
    assert before == {"release": read_release(tree).id, "bucket": "manifests"}
    (tree / "more.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: b}\n")
    assert hook()["triggers_replace"]["release"] != before["release"]


def test_a_directory_is_found_from_wherever_terraform_runs(hook, tree, monkeypatch):
    monkeypatch.chdir(tree.parent)
    (provisioner,) = hook(directory=tree.name)["provisioner"]
    assert str(tree) in provisioner["local-exec"]["interpreter"]


def test_fails_when_the_directory_is_missing(hook, tree):
    with pytest.raises(SourceRefused, match="does not exist"):
        hook(directory=tree / "nowhere")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"bucket_name": "s3://manifests"}, "bucket_name: 's3://manifests' is not", id="a URL"),
        pytest.param({"region": ""}, "region: '' is not an AWS region", id="no region"),
        pytest.param({"endpoint": "localhost"}, "endpoint: 'localhost' is not the URL", id="no scheme"),
    ],
)
def test_fails_when_given(hook, arguments, message):
    with pytest.raises(ValueError, match=message):
        hook(**arguments)


@pytest.mark.parametrize("prefix", ["staging", "staging/"])
def test_an_environment_is_a_prefix_of_the_bucket(hook, prefix):
    made = hook(prefix=prefix)
    (provisioner,) = made["provisioner"]
    argv = provisioner["local-exec"]["interpreter"]
    assert argv[argv.index("--prefix") + 1] == "staging/"
    assert made["triggers_replace"]["bucket"] == "manifests/staging/"


def test_fails_for_a_prefix_that_leads_elsewhere(hook):
    with pytest.raises(ValueError, match="prefix: '..' is not a folder of the bucket"):
        hook(prefix="../")
