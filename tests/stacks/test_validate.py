"""What the real kubernetes and helm providers say to the stacks that are not deployed here."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from bucketops.settings import Settings
from synth.synthesis import load, synthesize
from terraform_mirror import environment_for

from tests.real.terraform import missing_providers


@pytest.mark.parametrize("stack", ["flux", "site"])
def test_the_providers_take_every_argument_of_the_stack(stack: str, tmp_path: Path) -> None:
    main = load("main.py")
    stacks = synthesize(tmp_path / "out", lambda app: main.build(app, Settings(bucket="sock-shop-manifests")))
    (tmp_path / "main.tf.json").write_text(json.dumps(stacks[stack]))
    environment, _ = environment_for(tmp_path, os.environ)

    def terraform(*arguments: str) -> "subprocess.CompletedProcess[str]":
        line = ["terraform", *arguments, "-no-color"]
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)

    ready = terraform("init", "-backend=false", "-input=false")
    if missing := missing_providers(ready.stderr):
        pytest.skip(f"not run: no provider {missing}")
    assert ready.returncode == 0, ready.stderr
    answer = terraform("validate")
    assert answer.returncode == 0, answer.stderr
