"""The stacks of main.py, as cdktf writes them for Terraform."""

from pathlib import Path
from typing import Any

from bucketops.settings import Settings
from synth.synthesis import Json, load, synthesize


def synthesized(outdir: Path, *, deploy: Path | None = None, **settings: Any) -> dict[str, Json]:
    """The JSON of each stack; `deploy` is published in place of the project's own folder `deploy/`."""
    main = load("main.py")
    if deploy:
        main.ROOT = deploy.parent
        assert deploy.name == "deploy"
    return synthesize(outdir, lambda app: main.build(app, Settings(**settings)))
