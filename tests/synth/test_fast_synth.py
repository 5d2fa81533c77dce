"""The lazy loading changes how fast, and nothing else."""

import filecmp
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bucketops import fast_synth

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import os, runpy, sys
from bucketops import fast_synth
install = fast_synth.install
if sys.argv[1] == "eager":
    fast_synth.install = lambda: None
runpy.run_path(sys.argv[2], run_name="__main__")
print(sum(name.startswith("cdktf_cdktf_provider_aws.") and "._" not in name for name in sys.modules))
sys.stdout.flush()
os._exit(0)  # taking 2,212 modules apart takes 5 s and shows nothing
"""


def run(script: str, outdir: Path, how: str) -> str:
    environment = {
        **os.environ,
        "CDKTF_OUTDIR": str(outdir),
        "BUCKETOPS_BUCKET": "sock-shop-manifests",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    environment.pop("NODE_OPTIONS", None)
    command = [sys.executable, "-c", RUN, how, script]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("examples/existing_cluster.py", id="an app with the kubernetes provider"),
        pytest.param(
            "main.py",
            id="the whole app",
            marks=pytest.mark.skipif("not os.environ.get('SLOW_TESTS')", reason="20 s: set SLOW_TESTS=1"),
        ),
    ],
)
def test_the_json_is_the_same_with_and_without(script, tmp_path):
    for how in ("lazy", "eager"):
        run(script, tmp_path / how, how)
    lazy, eager = ({file.relative_to(out): file for file in out.rglob("*.json")} for out in tmp_path.iterdir())
    assert lazy.keys() == eager.keys() and len(lazy) >= 2
    assert all(filecmp.cmp(lazy[file], eager[file], shallow=False) for file in lazy)


def test_main_loads_few_modules_of_the_aws_provider_and_is_done_in_seconds(tmp_path):
    start = time.monotonic()
    loaded = int(run("main.py", tmp_path, "lazy").split()[-1])
    assert 5 < loaded < 20
    assert time.monotonic() - start < 20  # 1 to 2 s; without it 20 to 60


def test_submodules_and_attributes_are_found_as_in_the_whole_package():
    import cdktf_cdktf_provider_aws as aws

    assert aws.s3_bucket.S3Bucket.__module__ == "cdktf_cdktf_provider_aws.s3_bucket"
    assert aws.__path__ and aws.__file__
    for name in ("no_such_module", "_jsii_of_nobody"):
        with pytest.raises(AttributeError, match=name):
            getattr(aws, name)


def test_installing_twice_is_installing_once_and_keeps_the_options_of_others(monkeypatch):
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=4096")
    finders = list(sys.meta_path)
    fast_synth.install()
    fast_synth.install()
    assert sys.meta_path == finders  # conftest.py has installed it
    assert os.environ["NODE_OPTIONS"] == f'--max-old-space-size=4096 --require "{fast_synth.LAZY_INDEX}"'
