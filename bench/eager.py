"""Runs an app of this project without the lazy loading: `eager.py main.py`, in the app's directory."""

import runpy
import sys
from pathlib import Path

app = sys.argv[1]
sys.path[0] = str(Path.cwd())  # as `python main.py` has it, instead of this folder

from bucketops import fast_synth  # noqa: E402

fast_synth.install = lambda: None
runpy.run_path(app, run_name="__main__")
