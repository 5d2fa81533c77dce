"""Runs cdktf in this process and reads back what it wrote."""

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cdktf import App

ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]


def load(path: str) -> Any:
    """A script of the project as a module, without running what stands under its `__main__`."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # jsii looks up classes there
    spec.loader.exec_module(module)
    return module


def synthesize(outdir: Path, build: Callable[[App], object]) -> dict[str, Json]:
    """The JSON of each stack, as Terraform will read it, without the metadata of cdktf."""
    app = App(outdir=str(outdir))
    build(app)
    app.synth()
    files = sorted((outdir / "stacks").glob("*/cdk.tf.json"))
    return {file.parent.name: _without_metadata(json.loads(file.read_text())) for file in files}


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(item) for key, item in value.items() if key != "//"}
    return [_without_metadata(item) for item in value] if isinstance(value, list) else value
